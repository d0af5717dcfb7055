/**
 * Finishes a launch whose caller never closed it: it died, or EC2's answer was unclear. The same request is sent again,
 * which cannot buy a second set of machines, and machines of it are looked for by tag, since EC2 does not promise
 * that a repeated token lists them again. That something is missing counts only once it surely is.
 */
import type { Launch } from '../core/launch.ts';
import type { LaunchAnswer, LaunchedInstance } from '../ports/compute.ts';
import { bindMachines, type LaunchDeps, settleLaunch } from './carry-out-launch.ts';
import { absenceProofSeconds, launchFenceSeconds } from './settings.ts';

export async function resumeLaunch(deps: LaunchDeps, launch: Launch): Promise<void> {
  const now = deps.clock.now();
  if (!(await deps.launches.hold(launch, now + launchFenceSeconds * 1000))) return;
  deps.telemetry.count('Repairs', { kind: 'launch-resumed' });
  if (launch.state === 'answered') return settleLaunch(deps, launch, { instances: [], failure: undefined });

  const answer = await deps.compute.launch(launch.request);
  const found = await deps.compute.findByLaunch(launch.launchId);
  const instances = union(answer.kind === 'answered' ? answer.instances : [], found);
  deps.telemetry.event('info', 'launch-resumed', {
    launchId: launch.launchId,
    installationId: launch.installationId,
    answer: answer.kind,
    found: instances.length,
  });
  if (mayBeMissing(launch, { answer: answer.kind, count: instances.length, now })) {
    await bindMachines(deps, launch, instances);
    return;
  }
  const failure = answer.kind === 'answered' ? answer.failures[0] : answer.failure;
  await settleLaunch(deps, launch, { instances, failure });
}

/**
 * True while machines that are not seen may still turn up. A call that was refused now says nothing of the one
 * before it.
 */
function mayBeMissing(
  launch: Launch,
  seen: { answer: LaunchAnswer['kind']; count: number; now: number },
): boolean {
  if (seen.count >= launch.hints.length || seen.answer === 'answered') return false;
  return seen.now < launch.createdAt + absenceProofSeconds * 1000;
}

function union(some: readonly LaunchedInstance[], others: readonly LaunchedInstance[]): LaunchedInstance[] {
  return [...new Map([...some, ...others].map((instance) => [instance.instanceId, instance])).values()];
}
