/**
 * What to do about a machine that is past its deadline:
 *
 *   booting, claimed   it never came to listen → terminated
 *   listening          it runs a job → until the job's time limit; then terminated
 *                      it runs none, and GitHub lets its registration go → terminated
 *                      GitHub says that it is busy with something → looked at again later
 */
import { jobOf, type Runner, type RunnerEndReason } from '../../core/runner.ts';
import { scopeFor } from '../../core/scope.ts';
import type { SweepDeps } from '../common/deps.ts';
import { absenceProofSeconds } from '../common/settings.ts';
import { endRunners } from '../ending/end-runners.ts';

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
  const job = await deps.jobs.get(runner.installationId, jobOf(runner));
  if (job?.state === 'running' && job.runner === runner.instanceId) {
    const until = (job.startedAt ?? now) + limits.jobSeconds * 1000;
    if (now >= until) return end(deps, runner, 'job-time-limit');
    await deps.runners.extend(runner, until);
    return;
  }
  // Its deadline was that of its boot: how long it may listen is counted from when it began to.
  const idleUntil = (runner.listeningAt ?? 0) + limits.idleSeconds * 1000;
  if (now < idleUntil) {
    await deps.runners.extend(runner, idleUntil);
    return;
  }
  const { installationId, account, repository, instanceId } = runner;
  // Taking the registration away first is the fence: a runner that GitHub has just given a job keeps it.
  const removal = await deps.github.removeRunner(installationId, scopeFor(account, repository), instanceId);
  if (!removal.ok) {
    const { refusal } = removal;
    const about = { installationId, instanceId, tier: runner.tier, reason: refusal.kind, refusal };
    deps.telemetry.event('warn', 'github-refused', about, { GitHubRefusals: 1 });
  }
  if (!removal.ok && removal.refusal.kind === 'limited') {
    await deps.runners.extend(runner, now + removal.refusal.retryAfterSeconds * 1000);
    return;
  }
  const busy = removal.ok && removal.value === 'busy';
  // When its job began nobody said; it cannot have been before it listened.
  if (busy && now < (runner.listeningAt ?? runner.launchedAt) + limits.jobSeconds * 1000) {
    await deps.runners.extend(runner, now + limits.idleSeconds * 1000);
    return;
  }
  await end(deps, runner, busy ? 'job-time-limit' : 'idle-deadline');
}

async function end(deps: SweepDeps, runner: Runner, reason: RunnerEndReason): Promise<void> {
  const unknown = await endRunners(deps, [{ runner, reason, proven: false }]);
  if (unknown.length === 0) return;
  const now = deps.clock.now();
  // EC2 forgets a machine about an hour after its end. Before that, not knowing it proves nothing.
  if (now >= runner.launchedAt + absenceProofSeconds * 1000) {
    await endRunners(deps, [{ runner, reason, proven: true }]);
    return;
  }
  await deps.runners.extend(runner, now + deps.deployment.limits.bootSeconds * 1000);
}
