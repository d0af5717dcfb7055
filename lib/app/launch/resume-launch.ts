/**
 * Finishes a launch whose caller never closed it: it died, or EC2's answer was unclear. Its machines are looked up
 * by tag. If some are missing, the same request is sent again: it cannot launch a second set of machines, but EC2
 * does not guarantee that the answer lists the first one. A machine counts as missing only once that is certain.
 */
import type { Launch, PlannedJob } from '../../core/launch.ts';
import type { LaunchAnswer, LaunchedInstance } from '../../ports/compute.ts';
import type { LaunchDeps } from '../common/deps.ts';
import { absenceProofSeconds, resumeFenceSeconds } from '../common/settings.ts';
import { bindMachines, failureOf, learnFrom, settleLaunch } from './carry-out-launch.ts';
import { leaveOut } from './leave-out.ts';
import { mayCallNow } from './scarcity.ts';

export async function resumeLaunch(deps: LaunchDeps, overdue: Launch): Promise<void> {
  // While EC2 throttles, a launch that finds no free moment now is looked at again a minute later.
  if (overdue.state === 'intent' && !(await mayCallNow(deps))) return;
  const now = deps.clock.now();
  const held = await deps.launches.hold(overdue, now + resumeFenceSeconds * 1000);
  if (!held) return;
  const { launchId, installationId, tier } = held;
  const about = { installationId, tier, launchId, kind: 'launch-resumed' };
  if (held.state === 'answered') {
    deps.telemetry.event('info', 'repair', { ...about, found: 'answered' }, { Repairs: 1 });
    const instances = await deps.compute.findByLaunch(launchId);
    return settleLaunch(deps, held, { instances, failure: undefined });
  }

  // Its caller may have died before its jobs had their leases; jobs that have found another machine meanwhile keep that.
  // If a lease has its machine, the job had the lease before, and may have lost that machine since: covered again,
  // it would wait in vain.
  const unplaced = held.plannedJobs.filter(({ lease }) => !held.instances.has(lease));
  const gone = await deps.launches.cover({ ...held, plannedJobs: unplaced });
  const tagged = await deps.compute.findByLaunch(launchId);
  const unrecorded = tagged.length === 0 ? await withoutRow(deps, held, gone) : [];
  if (unrecorded.length > 0) {
    const found = { found: 'jobs without rows', jobs: unrecorded.length };
    deps.telemetry.event('info', 'repair', { ...about, ...found }, { Repairs: 1 });
  }
  const launch = unrecorded.length > 0 ? await leaveOut(deps, held, { gone: unrecorded, rateBack: 0 }) : held;
  if (!launch) return;
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
  if (answer && mayBeMissing(launch, answer, now)) {
    await bindMachines(deps, launch, { instances, askedAt });
    return;
  }
  await settleLaunch(deps, launch, { instances, askedAt, failure: answer && failureOf(answer) });
}

/**
 * Nobody calls EC2 before each job of the launch has its row (cover-new-jobs.ts): so nobody requested machines for these,
 * whose caller died before then. Their messages come again.
 */
async function withoutRow(
  deps: LaunchDeps,
  { installationId }: Launch,
  gone: readonly PlannedJob[],
): Promise<readonly PlannedJob[]> {
  if (gone.length === 0) return gone;
  const jobIds = gone.map(({ jobId }) => jobId);
  const known = new Set((await deps.jobs.find(installationId, jobIds)).map(({ jobId }) => jobId));
  return gone.filter(({ jobId }) => !known.has(jobId));
}

/** True while unseen machines may still appear. A call that was refused now says nothing about the one before it. */
const mayBeMissing = ({ createdAt }: Launch, { kind }: LaunchAnswer, now: number): boolean =>
  kind !== 'answered' && now < createdAt + absenceProofSeconds * 1000;

function union(some: readonly LaunchedInstance[], others: readonly LaunchedInstance[]): LaunchedInstance[] {
  const all = new Map(some.map((instance) => [instance.instanceId, instance]));
  for (const other of others) all.set(other.instanceId, { ...all.get(other.instanceId), ...other });
  return [...all.values()];
}
