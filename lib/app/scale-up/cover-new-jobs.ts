/**
 * Writes the rows of new jobs for which a launch holds leases: once, as covered. EC2 is called only for jobs whose
 * rows are written. A job whose row cannot be written is recorded as waiting by the caller.
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
  /** Receives the outcome of each job. */
  readonly outcomes: Map<JobId, InsertOutcome>;
  /** Called if GitHub reports a job as queued that already has a row. */
  readonly hearAgain: (jobId: JobId) => Promise<void>;
}

/** @returns the jobs that get no machine of this launch: their leases go back */
export async function coverNewJobs(deps: BalanceDeps, options: Covering): Promise<readonly PlannedJob[]> {
  const { launch, line, outcomes } = options;
  const madeOf = (planned: readonly PlannedJob[]) =>
    planned.flatMap(({ jobId }) => line.made.get(jobId) ?? []);
  // A decision that cannot be recorded does not count: the job is recorded as waiting, and decided again.
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
  // Under controllers an existing row is judged by its own content, unless it is the row that this call has just
  // written.
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

/**
 * If the answer to a write was lost, a second write says that the row exists. The row then has the lease of this
 * launch.
 */
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

/** Throttling and lost calls usually pass within seconds. */
const maxInserts = 3;

/**
 * Tries again if it is unclear whether a row was written. A row that was written is then reported as existing, and
 * is covered by this lease.
 * @throws OperationalError if it stays unclear: the sweep continues with the jobs that have rows
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
