/**
 * What to do about a machine that is past its deadline:
 *
 *   booting, claimed   it never came to listen → terminated
 *   listening          it runs a job → until the job's time limit; then terminated
 *                      it is older than any job on it can be → terminated, whatever GitHub says or keeps to itself
 *                      GitHub says that a job of its tenant is on it, or that it is busy → looked at again later
 *                      EC2 says that it has ended → its row ends
 *                      nobody knows of a job → what counts on it gets another machine; looked at again later
 *                      so still after an hour, and GitHub lets its registration go → terminated
 */
import { idleUntil, jobOf, type Runner, type RunnerEndReason } from '../../core/runner.ts';
import type { SweepDeps } from '../common/deps.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { removeRegistration } from '../common/remove-registration.ts';
import { absenceProofSeconds, endingHeardSeconds, unheardStartSeconds } from '../common/settings.ts';
import {
  forgetUnregistered,
  isOnlyRemover,
  isUnheard,
  noteUnknownRun,
  noteUnregistered,
} from '../common/unknown-run.ts';
import { endRunners } from '../ending/end-runners.ts';
import { releasePlanned } from '../ending/release-planned.ts';
import { findJobOn } from './find-job-on.ts';

export async function sweepRunner(deps: SweepDeps, runner: Runner): Promise<void> {
  const { installationId, instanceId, launchId, tier, plannedJob, state } = runner;
  deps.telemetry.event(
    'info',
    'repair',
    { installationId, jobId: plannedJob, instanceId, launchId, tier, kind: `runner-overdue-${state}` },
    { Repairs: 1 },
  );
  switch (runner.state) {
    case 'booting':
    case 'claimed':
      return end(deps, runner, 'boot-deadline');
    case 'listening':
      return sweepListening(deps, runner);
    case 'ended':
      return;
  }
}

async function sweepListening(deps: SweepDeps, runner: Runner): Promise<void> {
  const now = deps.clock.now();
  const { limits } = deps.deployment;
  const silentFrom = idleUntil(runner, limits);
  // It had its job by then, whenever that is reported: a start may be late, and a runner elsewhere may have its name.
  const lastUntil = silentFrom + limits.jobSeconds * 1000;
  if (now >= lastUntil) return endSilent(deps, runner, 'job-time-limit');
  const job = await deps.jobs.get(runner.installationId, jobOf(runner));
  if (job?.state === 'running' && job.runner === runner.instanceId) {
    const until = Math.min((job.startedAt ?? now) + limits.jobSeconds * 1000, lastUntil);
    if (now >= until) return end(deps, runner, 'job-time-limit');
    await deps.runners.extend(runner, until);
    return;
  }
  if (now < silentFrom) {
    await deps.runners.extend(runner, silentFrom);
    return;
  }
  const lookAgain = async (seconds: number) => {
    await deps.runners.extend(runner, Math.min(now + seconds * 1000, lastUntil));
  };
  const found = await findJobOn(deps, runner);
  if (found.kind === 'limited') return lookAgain(found.seconds);
  if (found.kind === 'found') return lookAgain(limits.idleSeconds);
  const doubtUntil = silentFrom + Math.min(unheardStartSeconds, limits.jobSeconds) * 1000;
  if (now < doubtUntil) return lookIntoSilence(deps, runner, () => lookAgain(limits.idleSeconds));
  const removal = await takeAway(deps, runner);
  if (removal.kind === 'limited') await lookAgain(removal.seconds);
  else if (removal.kind === 'busy') await lookAgain(limits.idleSeconds);
  else await endSilent(deps, runner, 'idle-deadline');
}

/** EC2 may refuse for long to end it. What counts on it does not wait for that. */
async function endSilent(deps: SweepDeps, runner: Runner, reason: RunnerEndReason): Promise<void> {
  const planned = await deps.jobs.get(runner.installationId, runner.plannedJob);
  if (planned?.state === 'covered') await releasePlanned(deps, { runner }, planned);
  await end(deps, runner, reason);
}

/**
 * GitHub may call a working runner idle, and its start may be unreported: such a machine is not ended. Whatever counts on
 * it gets another one meanwhile.
 */
async function lookIntoSilence(
  deps: SweepDeps,
  runner: Runner,
  lookAgain: () => Promise<void>,
): Promise<void> {
  const { installationId, instanceId, plannedJob } = runner;
  const [seen] = await deps.compute.describe([instanceId]);
  // EC2's own event leads to the question what it ran: an end written here first would prevent that question.
  if (seen?.state === 'shutting-down') {
    await deps.runners.extend(runner, deps.clock.now() + endingHeardSeconds * 1000);
    return;
  }
  if (seen?.state === 'terminated') {
    await endRunners(deps, [{ runner, reason: 'instance-ended', proven: true }]);
    return;
  }
  await releasePlanned(deps, { runner }, await deps.jobs.get(installationId, plannedJob));
  await pokeWaiting(deps, installationId);
  await lookAgain();
}

type Removal = { kind: 'busy' | 'done' } | { kind: 'limited'; seconds: number };

/** Removed first, the registration is the fence: GitHub keeps that of a runner that it has just given a job. */
async function takeAway(deps: SweepDeps, runner: Runner): Promise<Removal> {
  const { installationId, instanceId, tier } = runner;
  // Before it is removed: a crash in between leaves a run uncounted, and invents none.
  const isFirst = await noteUnregistered(deps, instanceId);
  const removal = await removeRegistration(deps, runner);
  const isAbsent = removal.ok && removal.value === 'absent';
  if (isFirst && isAbsent) await countUnlessHeard(deps, runner);
  if (isFirst && !(removal.ok && removal.value === 'removed')) await forgetUnregistered(deps, instanceId);
  if (removal.ok) return { kind: removal.value === 'busy' ? 'busy' : 'done' };
  const { refusal } = removal;
  const about = { installationId, instanceId, tier, reason: refusal.kind, refusal };
  deps.telemetry.event('warn', 'github-refused', about, { GitHubRefusals: 1 });
  return refusal.kind === 'limited'
    ? { kind: 'limited', seconds: refusal.retryAfterSeconds }
    : { kind: 'done' };
}

/** GitHub removed it after a run, and has no job of the tenant on this machine. */
async function countUnlessHeard(deps: SweepDeps, runner: Runner): Promise<void> {
  const planned = await deps.jobs.get(runner.installationId, runner.plannedJob);
  if (!isUnheard(runner, planned)) return;
  if (await isOnlyRemover(deps, runner.instanceId)) await noteUnknownRun(deps, runner);
}

async function end(deps: SweepDeps, runner: Runner, reason: RunnerEndReason): Promise<void> {
  const unknown = await endRunners(deps, [{ runner, reason, proven: false }]);
  if (unknown.length === 0) return;
  const now = deps.clock.now();
  // EC2 forgets a machine about an hour after its end. Before that, its absence proves nothing.
  if (now >= runner.launchedAt + absenceProofSeconds * 1000) {
    await endRunners(deps, [{ runner, reason, proven: true }]);
    return;
  }
  await deps.runners.extend(runner, now + deps.deployment.limits.bootSeconds * 1000);
}
