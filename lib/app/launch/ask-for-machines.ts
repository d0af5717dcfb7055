/**
 * Asks EC2 for a launch's machines. If the connection breaks at once, the same request is sent once more, byte for
 * byte: its ClientToken prevents a second set of machines. If that fails too, the machines are looked up by their
 * tag. Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 */
import type { Launch } from '../../core/launch.ts';
import type { LaunchAnswer } from '../../ports/compute.ts';
import type { LaunchDeps } from '../common/deps.ts';
import { resendWithinMilliseconds, shownAfterMilliseconds } from '../common/settings.ts';

/** The caller holds the launch's fence, and is the first to ask. */
export async function askForMachines(deps: LaunchDeps, launch: Launch): Promise<LaunchAnswer> {
  const askedAt = deps.clock.now();
  const first = await deps.compute.launch(launch.request);
  const isInTime = deps.clock.now() <= askedAt + resendWithinMilliseconds;
  if (first.kind !== 'unclear' || !isInTime) return first;
  const { installationId, tier, launchId } = launch;
  const about = { installationId, tier, launchId, failure: first.failure };
  deps.telemetry.event('warn', 'launch-resent', about, { LaunchesResent: 1 });
  const second = await deps.compute.launch(launch.request);
  if (second.kind === 'answered') return second;
  await deps.clock.sleep(shownAfterMilliseconds);
  const instances = await deps.compute.findByLaunch(launchId);
  // The second call's refusal says nothing about the first: its machines may still appear.
  return instances.length >= launch.plannedJobs.length
    ? { kind: 'answered', instances, failures: [] }
    : { kind: 'unclear', failure: second.failure };
}
