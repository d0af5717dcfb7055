/** Writes what was decided, or is left open, into the jobs' rows, and what was decided on record. */
import type { InstallationId } from '../../core/ids.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Made } from './make-decision.ts';

export interface WriteDeps {
  readonly controllers: ControllerStore;
  readonly jobs: JobStore;
  readonly telemetry: Telemetry;
}

export async function writeDecisions(
  deps: WriteDeps,
  installationId: InstallationId,
  made: readonly Made[],
): Promise<void> {
  const admissions = made.map(({ job, admission }) => ({
    jobId: job.jobId,
    admission,
    insteadOf: job.admission?.policy,
  }));
  await recordBeside(deps, made, () => deps.jobs.setAdmissions(installationId, admissions));
}

/** Whatever is more than a plain admission is on record before the jobs' rows say so. */
export async function recordBeside<Written>(
  deps: Pick<WriteDeps, 'controllers' | 'telemetry'>,
  made: readonly Made[],
  writeRows: () => Promise<Written>,
): Promise<Written> {
  const recording = recordDecisions(deps, made);
  if (!made.every(isPlain)) await recording;
  // In one call, where both begin in the same moment; and none is under way once the caller goes on.
  const [rows, record] = await Promise.allSettled([writeRows(), recording]);
  if (rows.status === 'rejected') throw rows.reason;
  if (record.status === 'rejected') throw record.reason;
  return rows.value;
}

/** Left open, or an admission by all. */
export const isPlain = ({ decision }: Made): boolean => (decision?.outcome ?? 'admitted') === 'admitted';

/** Those that are left open are none yet. */
export async function recordDecisions(
  { controllers, telemetry }: Pick<WriteDeps, 'controllers' | 'telemetry'>,
  made: readonly Made[],
): Promise<void> {
  const decisions = made.flatMap(({ decision }) => decision ?? []);
  if (decisions.length === 0) return;
  await controllers.recordDecisions(decisions);
  for (const { gate, outcome, votes } of decisions) {
    telemetry.count('AdmissionDecisions', { kind: gate, outcome });
    for (const { enforced, vote } of votes) {
      if (!enforced) telemetry.count('AdmissionDryRuns', { kind: gate, outcome: vote });
    }
  }
}
