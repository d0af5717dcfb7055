/**
 * Survivors of the use cases that may stay, line by line. An entry is a part of the line, or one mutant as a run lists it,
 * `before → after`; where other lines of the file have the same mutant, it names a part of its own line, too:
 * `before → after @ part`. Once the line changes, a test asks for its entry to be removed, and the survivor is listed again.
 */

export interface AcceptedLines {
  readonly reason: string;
  /** By file, below lib/app. */
  readonly lines: Readonly<Record<string, readonly string[]>>;
}

export const acceptedLines: readonly AcceptedLines[] = [
  {
    reason: 'a shortcut: without it a call is made in vain, or the same is written again',
    lines: {
      'common/doubt-job.ts': [
        "state === 'covered' && lease → true",
        "state === 'covered' && lease → state === 'covered' || lease",
        "state === 'covered' → true",
        "state === 'waiting' → true @ deps.jobs.rest(",
        "job.state !== 'waiting' → false",
      ],
      'common/follow-answer.ts': ['runner → true'],
      'common/lease-cost.ts': ['unknown === 0 → false'],
      'common/open-rows.ts': ['ids.length === 0 → false', 'skipped.length === 0 → false'],
      'common/runner-groups.ts': ['until <= now → false'],
      'common/whose-turn.ts': [
        'if ((await deps.launches.waitersAcrossTenants(cellCap)).length === 0)',
        'const read = known.find((line) => line.cap.tier === tier);',
        'if (freeUnder(line) === 0) return () => new Map();',
      ],
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
      'launch/scarcity.ts': ['called.length === 0 → false', 'turn.waitMilliseconds === 0 → false'],
      'scale-up/accept-jobs.ts': [
        'if (jobs.size > 0) {',
        'jobs.size === 0 → false',
        'ids.length > 0 ? [batch.attempt(ids, balanced)]',
      ],
      'scale-up/cover-new-jobs.ts': ['known.length === 0 → false'],
      // Without controllers no job is decided, and a job whose message comes again counts once in place of twice.
      'scale-up/judge-new-jobs.ts': ['kept.length === 0 → false', 'policyMark(read) === undefined → false'],
      'scale-up/launch-at-once.ts': [
        'judged.jobs.length === 0 || scarcity.pace → false',
        'judged.jobs.length === 0 || scarcity.pace → judged.jobs.length === 0 && scarcity.pace',
        'judged.jobs.length === 0 → false',
        'waiting.length === 0 → true',
        'fresh.jobs.filter(isOpen) → fresh.jobs',
        // These jobs rest, and a balance of them takes nothing.
        'deps.clock.now() <= startedAt + roundsWithinMilliseconds → true',
        // New jobs are written as waiting first.
        'isSameTenantTier(place, me) → true',
      ],
      'scale-up/plan-line.ts': [
        'tenant && own.launch.length > 0 → true',
        'tenant && own.launch.length > 0 → tenant || own.launch.length > 0',
        'own.launch.length > 0 → true',
        'own.launch.length > 0 → own.launch.length >= 0',
      ],
      'scale-up/planning-turn.ts': [
        "held.value['wanted'] === true → false @ return undefined",
        '\'wanted\' → "" @ return undefined',
        'true → false @ === true) return undefined',
      ],
      'scale-up/take-leases.ts': [
        'isCapKept = true;',
        'found.length === 0 → false',
        '!isCapKept && mayBeBeyondCap(deps, found.length) → !isCapKept || mayBeBeyondCap(deps, found.length)',
        '!isCapKept && mayBeBeyondCap(deps, found.length) → true',
      ],
      'scale-up/write-verdicts.ts': ['holding.length > 0 ? ['],
    },
  },
  {
    reason: 'cannot happen, or only the type allows for it',
    lines: {
      'common/change-note.ts': ['value === undefined → false'],
      'common/doubt-job.ts': [
        'if (!tier) return false',
        'goneSaidAt !== undefined → true',
        'job.goneAt === undefined → false',
      ],
      'common/find-spare-machine.ts': [
        'instanceId === undefined → false',
        'last.leftLease !== undefined → true',
      ],
      'ending/release-planned.ts': ['if (job.lease === undefined) return'],
      'insight/explain-covered.ts': [
        "launchOfLease(job.lease) : 'none'",
        `'' → "Stryker was here!"`,
        'facts.plan?.ran → facts.plan.ran',
      ],
      'insight/explain-unheard.ts': ["if (job.kind !== 'found') throw"],
      // Only the launch of a covered job is read, and such a job has a lease.
      'insight/explain-unreadable.ts': [
        'runner !== undefined → true',
        "if (state !== 'covered' || lease === undefined) return []",
        `'' → "Stryker was here!"`,
      ],
      'insight/explain-waiting.ts': [
        "tier: job.tier ?? 'none'",
        `'' → "Stryker was here!"`,
        'if (!tenant) throw',
        'job.retryAt === undefined → false',
        'job.retryAt === undefined → !isResting(job, now) && job.retryAt === undefined',
        'closings.filter((one) => one !== undefined)',
      ],
      'insight/timeline.ts': [`'' → "Stryker was here!"`],
      'insight/what-was-checked.ts': ['job?.state → job.state'],
      // A message of any other kind has no action, and is refused for that.
      'scale-up/accept-jobs.ts': ["message.kind !== 'job' → false"],
      // Controllers that admit a job give no verdict at all.
      'scale-up/judge-new-jobs.ts': ["verdict.kind === 'hold' → true"],
      // A failure has been thrown before.
      'scale-up/balance.ts': ["result.status === 'fulfilled' → true"],
      // Where no cap applies, there is no line to bound.
      'common/shared-lines.ts': ['share?.cap → share.cap'],
      // Of a line without a tenant no second page is worth reading.
      // The job had a row a moment ago.
      'scale-up/record-jobs.ts': ["tier = 'none' } = first", 'known?.state → known.state'],
      // What is taken has a supply, and a group is known of a known tenant.
      'scale-up/take-leases.ts': ['supply?.paced → supply.paced', 'known && group → known || group'],
      // Without a tenant or an open pool no plan launches anything.
      'scale-up/take-launch.ts': [
        '!tenant || !supply?.open → false',
        '!tenant || !supply?.open → !tenant && !supply?.open',
      ],
    },
  },
  {
    reason: 'the same: any other value means the same there',
    lines: {
      'common/bind-rows.ts': ['zone === undefined → false'],
      'common/runner-groups.ts': ["name = ''", 'name === undefined → false'],
      'ending/ended-here.ts': ['true → false'],
      'ending/find-late-prices.ts': ['compute === undefined → false'],
      'insight/explain-tenant.ts': ["job.tier ?? ''"],
      'launch/scarcity.ts': [
        // A note without a value is not written.
        '{ expiresAt: 0, result: [] } → {}',
        '{ expiresAt: 0, result: undefined } → {}',
        // Nobody looks at this result.
        'true → false @ expiresAt: last',
        'delaySeconds > 0 → true',
        'delaySeconds > 0 → delaySeconds >= 0',
      ],
      'scale-up/accept-jobs.ts': ['{ answered: Promise.resolve() } → {}'],
      'scale-up/ask-who-it-is.ts': ['\'scale-up\' → ""'],
      'scale-up/forget-predecessor.ts': [
        'predecessor === undefined → false',
        'micros !== 0) → spent',
        'micros !== 0 → true',
      ],
      'scale-up/plan-launch.ts': ['caps.length === 0 → false'],
      // A count of 0 adds nothing.
      'scale-up/record-jobs.ts': ['events.length > 0 → true', 'events.length > 0 → events.length >= 0'],
      'scale-up/take-launch.ts': [
        "outcome.kind === 'tenant-changed' && outcome.tenant → true",
        "outcome.kind === 'tenant-changed' && outcome.tenant → outcome.kind === 'tenant-changed' || outcome.tenant",
        "outcome.kind === 'tenant-changed' → true",
        '\'taken\' → ""',
      ],
      'scale-up/launch-at-once.ts': [
        '\'launched\' → ""',
        // It launches only while no pace is set for calls to EC2.
        'false → true @ paced: false',
        'false → true @ hasTurn: false',
      ],
      'scale-up/take-leases.ts': [
        '\'over\' → ""',
        // A plan with no launch, or without a pace for calls to EC2, is the last one, or needs no turn.
        'supply?.paced === true && plan.launch.length > 0 → true',
        'supply?.paced === true && plan.launch.length > 0 → supply?.paced === true || plan.launch.length > 0',
        'supply?.paced === true → true',
        'plan.launch.length > 0 → true',
        'plan.launch.length > 0 → plan.launch.length >= 0',
      ],
    },
  },
  {
    reason: 'the same: a word in place of a row or a time is left out again',
    lines: {
      'common/bind-rows.ts': ['[] → ["Stryker was here"]'],
      'common/open-rows.ts': ['[] → ["Stryker was here"]'],
      'common/shared-lines.ts': ['[] → ["Stryker was here"]'],
      'insight/explain-covered.ts': ['[] → ["Stryker was here"]'],
      'insight/explain-over.ts': ['[] → ["Stryker was here"]'],
      'insight/explain-waiting.ts': ['[] → ["Stryker was here"]'],
      'insight/gather-facts.ts': ['[] → ["Stryker was here"]'],
      'insight/timeline.ts': ['[] → ["Stryker was here"]', 'time === undefined → false'],
    },
  },
  {
    reason: 'the same but for some milliseconds: whoever waits has a timer, too',
    lines: {
      'common/side-by-side.ts': [
        'waiting.length === 0 → true',
        'isFirst → true',
        'if (calls.waiting === waiting) calls.waiting = []',
      ],
    },
  },
  {
    reason: 'only how soon it tries again changes, and it does so a bounded number of times',
    lines: {
      // Each round closes pools, and the time for all of them is bounded.
      'scale-up/balance.ts': ['round <= maxRounds → round < maxRounds', 'round++ → round--'],
      'scale-up/take-launch.ts': [
        "outcome.kind === 'contended' → true",
        "outcome.kind === 'contended' → false",
        "outcome.kind === 'contended' → outcome.kind !== 'contended'",
        '\'contended\' → ""',
      ],
    },
  },
  {
    reason: 'only how soon others are served changes, or which of two jobs of the same moment is',
    lines: {
      'scale-up/launch-at-once.ts': [
        '() => fresh.asking(tier.name) → () => undefined',
        'a.jobId - b.jobId → a.jobId + b.jobId',
      ],
      // Another copy took its turn since the line was read, and plans for this one; a poke follows.
      'scale-up/take-leases.ts': ['await takeTurnFor(deps, planning) → true'],
    },
  },
  {
    reason:
      'only its place in the line of a cap changes, until the older jobs that it waits for there are balanced',
    lines: {
      'scale-up/launch-at-once.ts': [
        'machines === line.jobs.length → false',
        '[comeAgain(deps, served)] → []',
      ],
    },
  },
  {
    reason: 'only its place in the line of a cap changes, and only where pools were dry',
    lines: { 'scale-up/balance.ts': ['round === 1 → true'] },
  },
  {
    reason: 'the same where machines may live for five hours or longer',
    lines: { 'common/lease-cost.ts': ['mostRounding * 3_600 → mostRounding / 3_600'] },
  },
];
