/**
 * GitHub gives a job to any runner of the organization that has its labels, even a job of a repository outside the
 * installation, and then sends the App no webhook. Each such run is recorded once, on the machine and for its tenant.
 */
import type { InstanceId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Runner } from '../../core/runner.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Notes } from '../../ports/notes.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { unregisteredKeptSeconds } from './settings.ts';

interface UnknownRunDeps {
  readonly runners: RunnerStore;
  readonly tenants: TenantStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** Whether nothing has reported which job the machine runs, or ran. */
export const isUnheard = ({ ran, instanceId, unknownRunAt }: Runner, planned: Job | undefined): boolean =>
  ran === undefined && unknownRunAt === undefined && planned?.runner !== instanceId;

/**
 * Noted when the registration of a machine that ran nothing is removed, and when a late event says which job the
 * machine ran. Without this note the next caller would take the missing registration for an unknown run.
 * @returns false: it was already noted
 */
export function noteUnregistered(
  { notes, clock }: { readonly notes: Notes; readonly clock: Clock },
  instanceId: InstanceId,
): Promise<boolean> {
  const now = clock.now();
  const expiresAt = now + unregisteredKeptSeconds * 1000;
  return notes.writeIf(unregisteredName(instanceId), { value: {}, expiresAt, version: 0, now });
}

/** It was registered all the same, and still is. */
export const forgetUnregistered = (
  { notes, clock }: { readonly notes: Notes; readonly clock: Clock },
  instanceId: InstanceId,
): Promise<void> => notes.write(unregisteredName(instanceId), { value: {}, expiresAt: clock.now() });

const unregisteredName = (instanceId: InstanceId) => `unregistered/${instanceId}`;

export const unknownRunText =
  'GitHub gave its machine to a job about which the App gets no webhooks, perhaps of a repository outside the installation';

/** A crash between the two writes leaves one run uncounted; none is counted twice. */
export async function noteUnknownRun(deps: UnknownRunDeps, runner: Runner): Promise<boolean> {
  const { installationId, instanceId, launchId, tier } = runner;
  if (!(await deps.runners.noteUnknownRun(instanceId, deps.clock.now()))) return false;
  await deps.tenants.countUnknownRun(installationId);
  const about = { installationId, instanceId, launchId, tier, reason: unknownRunText };
  deps.telemetry.event('warn', 'unknown-job-ran', about, { UnknownJobsRun: 1 });
  return true;
}
