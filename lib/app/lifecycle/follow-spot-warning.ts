/**
 * EC2 takes a spot machine back in two minutes. One that has not begun is ended at once, so that its job gets another one
 * sooner; one that listens stops its runner itself. Whether a lost job is rerun is decided when GitHub says how it ended.
 */
import type { JobEvent, SpotWarning } from '../../contract/messages.ts';
import type { InstanceId } from '../../core/ids.ts';
import type { Runner } from '../../core/runner.ts';
import type { LifecycleDeps } from '../common/deps.ts';
import { warningKeptSeconds } from '../common/settings.ts';
import type { Ending } from '../ending/ending.ts';

const warningNote = (instanceId: InstanceId) => `spot-warned/${instanceId}`;

export async function followSpotWarning(
  deps: LifecycleDeps,
  { instanceId }: SpotWarning,
  runner: Runner | undefined,
): Promise<Ending | undefined> {
  if (!runner || runner.state === 'ended') return undefined;
  const { installationId, tier, state } = runner;
  deps.telemetry.event('info', 'spot-warned', { instanceId, installationId, tier, state });
  if (state !== 'listening') return { runner, reason: 'instance-ended', proven: false };
  const expiresAt = deps.clock.now() + warningKeptSeconds * 1000;
  await deps.notes.write(warningNote(instanceId), { value: {}, expiresAt });
  return undefined;
}

/**
 * Requests a rerun of a job whose machine was taken back, if its tenant lets the App do so and it is in its run's first
 * attempt: a rerun is not repeated. It may request twice; the rerun itself happens once.
 */
export async function rerunIfTakenBack(
  deps: LifecycleDeps,
  event: JobEvent,
  runner: Runner | undefined,
): Promise<void> {
  const isLost = event.conclusion === 'failure' || event.conclusion === 'cancelled';
  if (!runner?.spot || !isLost || event.runAttempt !== 1) return;
  const now = deps.clock.now();
  const note = warningNote(runner.instanceId);
  if (!(await deps.notes.read([note], now)).has(note)) return;
  const { installationId, jobId, repository, repositoryId } = event;
  const tenant = await deps.tenants.get(installationId);
  if (tenant?.permissions?.['actions'] !== 'write') return;
  const until = now + deps.deployment.limits.jobSeconds * 1000;
  await deps.queues.sendToInstallations({
    kind: 'rerun-job',
    installationId,
    jobId,
    repository,
    ...(repositoryId === undefined ? {} : { repositoryId }),
    until,
  });
}
