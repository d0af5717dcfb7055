/** Survivors of `app/claim`, `app/launch` and `app/lifecycle` that may stay, line by line; see accepted-lines.ts. */
import type { AcceptedLines } from './accepted-lines.ts';

export const acceptedOfMachines: readonly AcceptedLines[] = [
  {
    reason: 'a shortcut: without it a call is made in vain, or a dearer one',
    lines: {
      'claim/claim-job.ts': [
        // A nonce that has claimed claims again.
        "first.kind !== 'unknown' → false",
        'deps.runners.readPlan(claimed, { jobMayLag: true })',
        // No other job may run either.
        '!verdict.ofJob → false',
        'waiting.length < limit || waiting.every(mayRun) → false',
        'waiting.length < limit || waiting.every(mayRun) → waiting.length < limit && waiting.every(mayRun)',
        'waiting.length < limit → false',
      ],
    },
  },
  {
    reason: 'cannot happen, or only the type allows for it',
    // The row of a tenant is never deleted.
    lines: { 'claim/claim-job.ts': ['!tenant → false'] },
  },
  {
    reason: 'the same: any other value means the same there',
    lines: {
      'claim/claim-job.ts': [
        // There is no price for it either way.
        "instanceType = 'unknown'",
        // Only what holds or refuses a job is looked for.
        "{ kind: 'admit' } → {}",
        '\'admit\' → ""',
      ],
    },
  },
  {
    reason: 'the page bounds how many jobs a machine tries, too',
    lines: {
      'claim/claim-job.ts': ['waiting.filter(mayRun).slice(0, claimCandidates) → waiting.filter(mayRun)'],
    },
  },
];
