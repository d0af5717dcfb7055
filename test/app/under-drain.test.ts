/** What a drained environment changes about why a job waits. */
import { expect, it } from '@jest/globals';
import type { Verdict } from '../../lib/app/insight/explanation.ts';
import { dependsOnDrain, underDrain } from '../../lib/app/insight/under-drain.ts';
import { medium, small } from '../support/given.ts';

const verdict = (code: Verdict['code']): Verdict => ({ code, line: 'Why.', next: 'Then.', who: 'nobody' });
const drain = { tiers: [small], text: 'It is drained.' };
const resume = 'npx mayfly drain --resume';

it.each(['queued', 'not-acted-on', 'webhook-delivered'] as const)(
  'makes a job that is only %s wait for its end, which is the operator’s',
  (code) => {
    expect(dependsOnDrain(verdict(code))).toBe(true);
    const next = 'It is checked within seconds after the end of the drain.';
    const drained = { code: 'drained', line: drain.text, next, fix: resume, who: 'operator' };
    expect(underDrain(verdict(code), { tier: small, drain })).toEqual(drained);
    expect(underDrain(verdict(code), { tier: undefined, drain })).toEqual(drained);
  },
);

it('may hold the webhook of a job that was not asked about', () => {
  expect(dependsOnDrain(verdict('not-asked'))).toBe(true);
  const next = `It is drained. If its webhook came since then, it is in a queue until: ${resume}`;
  expect(underDrain(verdict('not-asked'), { tier: undefined, drain })).toEqual({
    ...verdict('not-asked'),
    next,
  });
});

it('changes nothing for a job of another tier, or with a reason of its own, nor while nothing is drained', () => {
  const queued = verdict('queued');
  expect(underDrain(queued, { tier: medium, drain })).toBe(queued);
  expect(underDrain(queued, { tier: small, drain: undefined })).toBe(queued);
  const blocked = verdict('capacity');
  expect(dependsOnDrain(blocked)).toBe(false);
  expect(underDrain(blocked, { tier: small, drain })).toBe(blocked);
});
