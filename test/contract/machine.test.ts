/** What a machine says at the claim door: its papers are read strictly, what it tells of its boot leniently. */
import { describe, expect, it } from '@jest/globals';
import { parseMachineRequest } from '../../lib/contract/machine.ts';

const papers = { ticket: 't', document: 'd', signature: 's', nonce: 'n' };
const timings = { up: 12_340, prepared: 900, claimed: 0 };

describe('a request of a machine', () => {
  it('may tell how long the boot took', () => {
    const request = { ...papers, timings };
    expect(parseMachineRequest(JSON.stringify(request))).toEqual(request);
  });

  it.each([
    ['nothing', undefined],
    ['a text', '12 s'],
    ['too little', { up: 1, prepared: 2 }],
    ['what is no number', { ...timings, up: '1' }],
    ['what is no whole number', { ...timings, up: 1.5 }],
    ['what lies in the future', { ...timings, claimed: -1 }],
    ['what lasts longer than any boot', { ...timings, up: 3_600_001 }],
  ])('is taken where it tells %s of it, without that', (_, told) => {
    expect(parseMachineRequest(JSON.stringify({ ...papers, timings: told }))).toEqual(papers);
  });

  it.each([
    ['no JSON', 'up=1'],
    ['no object', 'null'],
    ['a paper that is missing', JSON.stringify({ ...papers, nonce: undefined })],
    ['a paper without end', JSON.stringify({ ...papers, document: 'd'.repeat(16_385) })],
  ])('is none with %s', (_, body) => {
    expect(parseMachineRequest(body)).toBeUndefined();
  });
});
