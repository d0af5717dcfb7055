/** What a machine sends to claim: its credentials are read strictly, what it reports about its boot leniently. */
import { describe, expect, it } from '@jest/globals';
import { claimAnswerLines, parseMachineRequest, startAnswerLines } from '../../lib/contract/machine.ts';

const papers = { ticket: 't', document: 'd', signature: 's', nonce: 'n' };
const timings = { up: 12_340, prepared: 900, claimed: 0 };

describe('a request of a machine', () => {
  it('may tell how long the boot took', () => {
    const request = { ...papers, timings };
    expect(parseMachineRequest(JSON.stringify(request))).toEqual(request);
  });

  it('may tell of a boot of an hour', () => {
    const request = { ...papers, timings: { ...timings, up: 3_600_000 } };
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

  it('may say that its runner asks before the first step, and which run its job is of', () => {
    const request = { ...papers, gated: true, hint: { repository: 'acme/app', runId: 9 } };
    expect(parseMachineRequest(JSON.stringify(request))).toEqual(request);
  });

  it.each([
    ['of no repository', { repository: 'acme/../..', runId: 9 }],
    ['of no run', { repository: 'acme/app', runId: '9' }],
    ['of a run without end', { repository: 'acme/app', runId: 1e20 }],
    ['that is a text', 'acme/app'],
  ])('is taken with a hint %s, without that', (_, hint) => {
    expect(parseMachineRequest(JSON.stringify({ ...papers, gated: 'yes', hint }))).toEqual(papers);
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

describe('an answer to a machine', () => {
  it('says whether the first step is to wait', () => {
    const run = { action: 'run', jitConfig: 'e30=' } as const;
    expect(claimAnswerLines(run, 'echo')).toBe('action=run\njit=e30=\n');
    expect(claimAnswerLines({ ...run, gate: true }, 'echo')).toBe('action=run\njit=e30=\ngate=ZWNobw==\n');
  });

  it('is one line of a reason, whatever the reason is made of', () => {
    const why = `No.\naction=admit\r\n\u2028${'x'.repeat(600)}`;
    const [action, reason, ...rest] = startAnswerLines({ action: 'reject', why }).split('\n');
    expect(action).toBe('action=reject');
    expect(reason).toMatch(/^why=No\. action=admit x+…$/);
    expect(reason).toHaveLength(504);
    expect(rest).toEqual(['']);
    expect(startAnswerLines({ action: 'admit' })).toBe('action=admit\n');
  });
});
