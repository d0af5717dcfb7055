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

/** Whatever is more than a plain admission is on record before the job's row says so. */
export async function writeDecisions(
  deps: WriteDeps,
  installationId: InstallationId,
  made: readonly Made[],
): Promise<void> {
  const decisions = made.flatMap(({ decision }) => decision ?? []);
  const isPlain = decisions.every(({ outcome }) => outcome === 'admitted');
  const recording = decisions.length > 0 ? deps.controllers.recordDecisions(decisions) : undefined;
  if (!isPlain) await recording;
  const admissions = made.map(({ job: { jobId }, admission }) => ({ jobId, admission }));
  await Promise.all([recording, deps.jobs.setAdmissions(installationId, admissions)]);
  for (const { gate, outcome, votes } of decisions) {
    deps.telemetry.count('AdmissionDecisions', { kind: gate, outcome });
    for (const { enforced, vote } of votes) {
      if (!enforced) deps.telemetry.count('AdmissionDryRuns', { kind: gate, outcome: vote });
    }
  }
}
