/**
 * Finishes a launch whose caller never closed it: it died, or EC2's answer was unclear. Its machines are looked for by tag;
 * where some are missing the same request is sent again, which cannot buy a second set of machines, though EC2 does not
 * promise that it lists the first. A machine counts as missing only once that is certain.
 */
import type { Launch } from '../../core/launch.ts';
import type { LaunchAnswer, LaunchedInstance } from '../../ports/compute.ts';
import type { LaunchDeps } from '../common/deps.ts';
import { absenceProofSeconds, resumeFenceSeconds } from '../common/settings.ts';
import { bindMachines, failureOf, learnFrom, settleLaunch } from './carry-out-launch.ts';
import { mayCallNow } from './scarcity.ts';

export async function resumeLaunch(deps: LaunchDeps, overdue: Launch): Promise<void> {
  // While EC2 throttles, what finds no gap now is looked at again a minute later.
  if (overdue.state === 'intent' && !(await mayCallNow(deps))) return;
  const now = deps.clock.now();
  const launch = await deps.launches.hold(overdue, now + resumeFenceSeconds * 1000);
  if (!launch) return;
  const { launchId, installationId, tier } = launch;
  const about = { installationId, tier, launchId, kind: 'launch-resumed' };
  if (launch.state === 'answered') {
    deps.telemetry.event('info', 'repair', { ...about, found: 'answered' }, { Repairs: 1 });
    const instances = await deps.compute.findByLaunch(launchId);
    return settleLaunch(deps, launch, { instances, failure: undefined });
  }

  // Its caller may have died before its jobs had their leases; what has found another machine meanwhile keeps that. Where a
  // lease has its machine the job had the lease before, and may have lost that machine since: nobody would look after it.
  const unplaced = launch.plannedJobs.filter(({ lease }) => !launch.instances.has(lease));
  await deps.launches.cover({ ...launch, plannedJobs: unplaced });
  const tagged = await deps.compute.findByLaunch(launch.launchId);
  const isComplete = tagged.length >= launch.plannedJobs.length;
  const askedAt = deps.clock.now();
  const answer = isComplete ? undefined : await deps.compute.launch(launch.request);
  if (answer) await learnFrom(deps, { launch, askedAt, answer, paced: false });
  const instances = union(tagged, answer?.kind === 'answered' ? answer.instances : []);
  const found = {
    asked: launch.plannedJobs.length,
    tagged: tagged.length,
    answer: answer?.kind ?? 'not asked',
  };
  deps.telemetry.event('info', 'repair', { ...about, ...found }, { Repairs: 1 });
  if (answer && mayBeMissing(launch, { answer: answer.kind, count: instances.length, now })) {
    await bindMachines(deps, launch, { instances, askedAt });
    return;
  }
  await settleLaunch(deps, launch, { instances, askedAt, failure: answer && failureOf(answer) });
}

/**
 * True while machines that are not seen may still turn up. A call that was refused now says nothing of the one
 * before it.
 */
function mayBeMissing(
  launch: Launch,
  seen: { answer: LaunchAnswer['kind']; count: number; now: number },
): boolean {
  if (seen.count >= launch.plannedJobs.length || seen.answer === 'answered') return false;
  return seen.now < launch.createdAt + absenceProofSeconds * 1000;
}

function union(some: readonly LaunchedInstance[], others: readonly LaunchedInstance[]): LaunchedInstance[] {
  const all = new Map(some.map((instance) => [instance.instanceId, instance]));
  for (const other of others) all.set(other.instanceId, { ...all.get(other.instanceId), ...other });
  return [...all.values()];
}
