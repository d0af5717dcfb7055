/**
 * Writes the rows of new jobs for which a launch holds leases: once, as covered. EC2 is asked for a machine only for a job that
 * has its row then. Of what cannot be written nobody knows anything, and it is recorded as waiting instead.
 */
import { policyMark } from '../../core/controllers/job-admission.ts';
import type { JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Launch, PlannedJob } from '../../core/launch.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { InsertOutcome } from '../../ports/jobs.ts';
import { recordBeside, recordFirst } from '../admission/write-decisions.ts';
import type { BalanceDeps } from './balance-deps.ts';
import type { JudgedLine } from './judge-new-jobs.ts';

interface Covering {
  readonly launch: Launch;
  readonly line: JudgedLine;
  /** What came of each job goes here. */
  readonly outcomes: Map<JobId, InsertOutcome>;
  /** GitHub says of a job that has a row that it is queued. */
  readonly hearAgain: (jobId: JobId) => Promise<void>;
}

/** @returns the jobs that get no machine of this launch: their leases go back */
export async function coverNewJobs(deps: BalanceDeps, options: Covering): Promise<readonly PlannedJob[]> {
  const { launch, line, outcomes } = options;
  const madeOf = (planned: readonly PlannedJob[]) =>
    planned.flatMap(({ jobId }) => line.made.get(jobId) ?? []);
  // What cannot be put on record is not decided: the job is recorded as waiting, and looked at again.
  const unrecorded = await recordFirst(deps, madeOf(launch.plannedJobs));
  const undecided = launch.plannedJobs.filter(({ jobId }) => unrecorded.has(jobId));
  const plannedJobs = launch.plannedJobs.filter((job) => !undecided.includes(job));
  const jobs = new Map(line.jobs.map((job) => [job.jobId, job]));
  const rows = plannedJobs.map(({ jobId, lease }): Job => {
    const { reason: _noReasonToWait, ...job } = jobs.get(jobId)!;
    return { ...job, state: 'covered', lease, attempts: job.attempts + 1 };
  });
  const inserted = await recordBeside(deps, madeOf(plannedJobs), () => insertAll(deps, rows));
  const known = plannedJobs.filter((_, n) => inserted[n] === 'exists');
  const unfit = [...undecided, ...plannedJobs.filter((_, n) => typeof inserted[n] === 'object')];
  // Under controllers its row is judged by what stands in it, as that of any job that waits, unless it is this very one.
  const isJudged = policyMark(line.tenant) !== undefined;
  const others = isJudged ? await withoutOwn(deps, launch, known) : [];
  for (const [n, job] of plannedJobs.entries()) {
    if (!others.includes(job))
      outcomes.set(job.jobId, isJudged && inserted[n] === 'exists' ? 'inserted' : inserted[n]!);
  }
  if (isJudged || known.length === 0) return [...unfit, ...others];
  await Promise.all(known.map(({ jobId }) => options.hearAgain(jobId)));
  return [...unfit, ...(await deps.launches.cover({ ...launch, plannedJobs: known }))];
}

/** A row whose answer was lost is told of as known: it has the lease that was written with it. */
async function withoutOwn(
  deps: BalanceDeps,
  { installationId }: Launch,
  known: readonly PlannedJob[],
): Promise<readonly PlannedJob[]> {
  if (known.length === 0) return [];
  const rows = await deps.jobs.find(
    installationId,
    known.map(({ jobId }) => jobId),
  );
  const leases = new Map(rows.map((row) => [row.jobId, row.lease]));
  return known.filter(({ jobId, lease }) => leases.get(jobId) !== lease);
}

/** A table that is throttled, or a call that was lost, passes within seconds as a rule. */
const maxInserts = 3;

/**
 * Tries again for those of which nobody knows whether they have their rows: whoever has one is told as known, and covered by
 * this very lease.
 * @throws OperationalError where nobody knows in the end: the sweep sees, and goes on with those that have
 */
async function insertAll(deps: BalanceDeps, jobs: readonly Job[]): Promise<InsertOutcome[]> {
  const outcomes = new Map<Job, InsertOutcome>();
  for (let tries = 1; outcomes.size < jobs.length; tries++) {
    const open = jobs.filter((job) => !outcomes.has(job));
    const isLast = tries === maxInserts;
    const answers = await deps.jobs.insert(open).catch((error: unknown) => {
      if (isLast || !isPassing(error)) throw error;
      return open.map(() => error);
    });
    const unclear = answers.find(isPassing);
    if (unclear && isLast) throw unclear;
    for (const [n, job] of open.entries()) {
      const outcome = answers[n]!;
      if (!isPassing(outcome)) outcomes.set(job, outcome);
    }
  }
  return jobs.map((job) => outcomes.get(job)!);
}

const isPassing = (outcome: unknown): outcome is OperationalError =>
  outcome instanceof OperationalError && outcome.retryable;
