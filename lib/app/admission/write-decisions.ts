/**
 * Writes decisions into the jobs' rows and into the record of decisions. Each job is written on its own, so that a
 * failure of one delays no other. A decision that is not stored has no effect.
 */
import { type Decision, isAudited } from '../../core/controllers/decision.ts';
import type { InstallationId, JobId } from '../../core/ids.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { orFailure } from '../common/or-failure.ts';
import type { Made } from './make-decision.ts';

export interface RecordDeps {
  readonly controllers: ControllerStore;
  readonly telemetry: Telemetry;
}

export interface WriteDeps extends RecordDeps {
  readonly jobs: JobStore;
}

/** changed: the job is over or gone, or another copy has decided since its row was read. */
export type Stored = 'stored' | 'changed' | OperationalError;

export async function writeDecisions(
  deps: WriteDeps,
  installationId: InstallationId,
  made: readonly Made[],
): Promise<ReadonlyMap<JobId, Stored>> {
  const unrecorded = await recordFirst(deps, made);
  const ready = made.filter(({ job }) => !unrecorded.has(job.jobId));
  const write = async ({ job, admission }: Made): Promise<Stored> => {
    const decided = { jobId: job.jobId, admission, insteadOf: job.admission, tier: job.tier };
    const written = await orFailure(deps.jobs.setAdmissions(installationId, [decided]));
    if (written instanceof OperationalError) return written;
    return written.length > 0 ? 'stored' : 'changed';
  };
  const rows = await recordBeside(deps, ready, () => Promise.all(ready.map(write)));
  return new Map([...unrecorded, ...ready.map(({ job }, n) => [job.jobId, rows[n]!] as const)]);
}

/**
 * The audit's records are written before the jobs' rows. @returns the jobs whose decision cannot be recorded: they
 * are not decided
 */
export async function recordFirst(
  deps: RecordDeps,
  made: readonly Made[],
): Promise<ReadonlyMap<JobId, OperationalError>> {
  const failed = await Promise.all(made.filter((one) => !isPlain(one)).map((one) => recordOne(deps, one)));
  return new Map(failed.filter((failure) => failure !== undefined));
}

/**
 * Records the others while their rows are written. If that fails, the row still has the decision, and no job waits
 * for the record.
 */
export async function recordBeside<Written>(
  deps: RecordDeps,
  made: readonly Made[],
  writeRows: () => Promise<Written>,
): Promise<Written> {
  // In one call if both begin at the same moment; and both have ended when the caller continues.
  const recording = Promise.all(made.filter(isPlain).map((one) => recordOne(deps, one)));
  const [rows, record] = await Promise.allSettled([writeRows(), recording]);
  if (rows.status === 'rejected') throw rows.reason;
  if (record.status === 'rejected') throw record.reason;
  return rows.value;
}

/** Left open, or an admission that the audit does not record. */
const isPlain = ({ decision }: Made): boolean => !decision || !isAudited(decision);

/** Throttling and lost calls usually pass. */
const maxTries = 2;

async function recordOne(
  deps: RecordDeps,
  { job: { jobId }, decision }: Made,
): Promise<readonly [JobId, OperationalError] | undefined> {
  if (!decision) return undefined;
  for (let tries = 1; ; tries++) {
    const failure = await orFailure(recordDecision(deps, decision));
    if (!failure) return undefined;
    if (failure.retryable && tries < maxTries) continue;
    const { installationId, gate, outcome } = decision;
    const about = { installationId, jobId, gate, outcome, error: failure.code };
    deps.telemetry.event('warn', 'decision-not-recorded', about);
    return [jobId, failure];
  }
}

export async function recordDecision(
  { controllers, telemetry }: RecordDeps,
  decision: Decision,
): Promise<void> {
  await controllers.recordDecisions([decision]);
  const { gate, outcome, votes } = decision;
  telemetry.count('AdmissionDecisions', { kind: gate, outcome });
  for (const { enforced, vote } of votes) {
    if (!enforced) telemetry.count('AdmissionDryRuns', { kind: gate, outcome: vote });
  }
}
