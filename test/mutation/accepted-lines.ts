/**
 * Survivors of the use cases that may stay, line by line. An entry is a part of the line, or one mutant of it as a run lists it,
 * `before → after`. Once the line changes, its entry means nothing any more, and the survivor is listed again.
 */

interface AcceptedLines {
  readonly reason: string;
  /** By file, below lib/app. */
  readonly lines: Readonly<Record<string, readonly string[]>>;
}

export const acceptedLines: readonly AcceptedLines[] = [
  {
    reason: 'a shortcut: without it a call is made in vain, or the same is written again',
    lines: {
      'ending/drain-tenant.ts': ['tenant.leases === 0 → false'],
      'ending/end-runners.ts': [
        'asked.length === 0 ? []',
        'unknown.has(runner.instanceId)) → endings',
        'jobId === undefined || jobId === doneJob ? []',
        'if (ran !== undefined && ran !== ending.doneJob)',
        'ending.doneJob === undefined → true',
      ],
      'ending/find-late-prices.ts': ['[runner.instanceType] : []', 'types.length === 0 → false'],
      'ending/record-usage.ts': [
        "runner.state === 'ended' && ranJob",
        'ranJob.jobId !== jobOf(runner) → true',
        'others.length === 0 → false',
        '!noted[n]) → others',
        'jobRanOn(ending, jobs) → false',
      ],
      'ending/release-planned.ts': [
        "if (job?.state === 'running' && job.runner === instanceId)",
        'job.runner === instanceId || !ranNothing',
      ],
    },
  },
  {
    reason: 'cannot happen, or only the type allows for it',
    lines: {
      'ending/record-usage.ts': ['if (job) await deps.usage.addJob'],
      'ending/release-planned.ts': ['if (job.lease === undefined) return'],
    },
  },
  {
    reason: 'the same: any other value means the same there',
    lines: {
      'ending/ended-here.ts': ['true → false'],
      'ending/find-late-prices.ts': ['compute === undefined → false'],
    },
  },
];
