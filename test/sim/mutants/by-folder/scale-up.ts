/** Deliberate faults in lib/app/scale-up. */
import { type Mutant, mutant } from '../mutant.ts';

export const scaleUpMutants: readonly Mutant[] = [
  {
    name: 'parked-after-the-attempt',
    fault: 'A job is stored as waiting only after a lease was tried for.',
    changes: [
      {
        file: 'lib/app/scale-up/record-jobs.ts',
        from: "import type { BalanceDeps } from './balance-deps.ts';",
        to: "import { balance } from './balance.ts';\nimport type { BalanceDeps } from './balance-deps.ts';",
      },
      {
        file: 'lib/app/scale-up/record-jobs.ts',
        from: 'const outcomes = await deps.jobs.insert(events.map((event) => waitingJob(event, now)));',
        to: `await Promise.all(events.map((event) => balance(deps, { installationId: event.installationId, tier: event.tier! })));
  void deps.clock.sleep(2_000).then(() => deps.jobs.insert(events.map((event) => waitingJob(event, now)))).catch(() => undefined);
  const outcomes: string[] = [];`,
      },
    ],
  },
  mutant(
    'asked-before-the-row',
    "EC2 is asked for a new job's machine before the job has a row.",
    'lib/app/scale-up/cover-new-jobs.ts',
    'const inserted = await recordBeside(deps, madeOf(plannedJobs), () => insertAll(deps, rows));',
    `void deps.clock.sleep(5_000).then(() => deps.jobs.insert(rows)).catch(() => undefined);
  const inserted = rows.map(() => 'inserted' as const);`,
  ),
  mutant(
    'unclear-row-taken-for-written',
    "A new job's row counts as written although the result is unknown, and EC2 is asked for its machine.",
    'lib/app/scale-up/cover-new-jobs.ts',
    'if (!isPassing(outcome)) outcomes.set(job, outcome);',
    "outcomes.set(job, isPassing(outcome) ? 'inserted' : outcome);",
  ),
  mutant(
    'done-without-a-row',
    'A message is deleted although its job has no row.',
    'lib/app/scale-up/accept-jobs.ts',
    'const launched = await batch.attempt(idsOf(all), () => launchAtOnce(deps, fresh));',
    'const launched = await batch.attempt([], () => launchAtOnce(deps, fresh));',
  ),
  mutant(
    'spent-before-forgotten',
    'A reinstalled tenant starts with nothing spent.',
    'lib/app/scale-up/forget-predecessor.ts',
    'if (former) carried = withSpentBy(former, carried);',
    'void withSpentBy;',
  ),
  mutant(
    'predecessor-forgotten',
    'A reinstalled tenant launches while machines of its former installation still run.',
    'lib/app/scale-up/forget-predecessor.ts',
    "status === 'deleted' && leases === 0;",
    "status === 'deleted' && leases >= 0;",
  ),
  mutant(
    'predecessor-of-predecessor',
    'After a second reinstall, a tenant launches while machines of its first installation still run.',
    'lib/app/scale-up/forget-predecessor.ts',
    'left = former?.predecessor;',
    'left = undefined;',
  ),
  mutant(
    'old-webhook-opens-held-job',
    'A webhook from before a job was held for approval opens it, if GitHub delivers it late.',
    'lib/app/scale-up/record-jobs.ts',
    "if (known?.state === 'done') return reopen(deps, event);",
    `if (known?.state === 'done') return reopen(deps, event);
  if (known?.state === 'blocked')
    return void (await deps.jobs.reopen(installationId, jobId, { reason: justQueued, heardAt }));`,
  ),
  mutant(
    'at-once-whatever-rules-say',
    "A new job is launched at once, whatever the tenant's rules decide.",
    'lib/app/scale-up/judge-new-jobs.ts',
    'if (isKept) kept.push({ job, verdict, made: decision });\n    else open.push(job);',
    `void isKept;
    open.push(job.admission ? { ...job, admission: { ...job.admission, state: 'admitted' } } : job);`,
  ),
  mutant(
    'held-launched-anyway',
    "A new job that needs a controller's answer is launched at once.",
    'lib/app/scale-up/judge-new-jobs.ts',
    'if (isKept) kept.push({ job, verdict, made: decision });\n    else open.push(job);',
    `if (isKept && verdict.kind === 'refuse') kept.push({ job, verdict, made: decision });
    else open.push(job.admission ? { ...job, admission: { ...job.admission, state: 'admitted' } } : job);`,
  ),
  {
    name: 'at-once-by-an-older-decision',
    fault:
      'If the policy changes before a new job has its lease, the decision under the earlier policy counts.',
    changes: [
      {
        file: 'lib/app/scale-up/launch-at-once.ts',
        from: 'let tenant = read;',
        to: 'let tenant = read;\n  let first: JudgedLine | undefined;',
      },
      {
        file: 'lib/app/scale-up/launch-at-once.ts',
        from: 'const judged = await ifReadable(judgeNewJobs(deps, line, () => fresh.asking(tier.name)));',
        to: `const policy = policyMark(tenant) ?? '';
    const restamped = (job: Job) => (job.admission ? { ...job, admission: { ...job.admission, policy } } : job);
    const judged: JudgedLine | undefined = first
      ? { ...first, tenant, jobs: first.jobs.map(restamped) }
      : await ifReadable(judgeNewJobs(deps, line, () => fresh.asking(tier.name)));
    first = judged;`,
      },
    ],
  },
  mutant(
    'failed-open-at-once-unrecorded',
    'A new job is launched at once although a controller failed, and no record says so.',
    'lib/app/scale-up/cover-new-jobs.ts',
    'const unrecorded = await recordFirst(deps, madeOf(launch.plannedJobs));',
    'const unrecorded = await recordFirst(deps, madeOf(launch.plannedJobs).slice(0, 0));',
  ),
  mutant(
    'launched-for-a-job-that-is-over',
    'A late webhook about a job that is over launches a machine for it.',
    'lib/app/scale-up/cover-new-jobs.ts',
    'return [...unfit, ...(await deps.launches.cover({ ...launch, plannedJobs: known }))];',
    'await deps.launches.cover({ ...launch, plannedJobs: known });\n  return unfit;',
  ),
];
