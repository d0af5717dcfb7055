/**
 * A booted machine asks what to run, and gets a JIT config for its job, minted this moment. The first nonce that a
 * machine brings is the only one it may use; until it confirms, the same nonce gets an answer again. A machine whose
 * job is gone serves the oldest other one that waits in its tenant and tier, or stands down.
 */
import type { Deployment } from '../contract/deployment.ts';
import type { ClaimAnswer, MachineRequest } from '../contract/machine.ts';
import type { GitHubRefusal } from '../core/github.ts';
import type { Job } from '../core/job.ts';
import { reason } from '../core/reason.ts';
import type { Runner } from '../core/runner.ts';
import { scopeFor } from '../core/scope.ts';
import type { GitHub } from '../ports/github.ts';
import type { JobStore } from '../ports/jobs.ts';
import type { LaunchStore } from '../ports/launches.ts';
import type { RunnerStore } from '../ports/runners.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { authenticateMachine, type DoorDeps } from './authenticate-machine.ts';
import { claimCandidates, longestAgainSeconds, unboundAgainSeconds } from './settings.ts';

export interface ClaimDeps extends DoorDeps {
  readonly deployment: Deployment;
  readonly jobs: JobStore;
  readonly launches: LaunchStore;
  readonly runners: RunnerStore;
  readonly github: GitHub;
  readonly telemetry: Telemetry;
}

export type ClaimResult = ClaimAnswer | { readonly action: 'refuse'; readonly why: string };

/** @throws OperationalError: the machine tries again with the same nonce */
export async function claimJob(deps: ClaimDeps, request: MachineRequest): Promise<ClaimResult> {
  const machine = await authenticateMachine(deps, request);
  if ('refused' in machine) return refuse(deps, { reason: machine.refused });
  const { ticket, instanceId, nonce } = machine;
  const { launchId, installationId, tier } = ticket;
  const known = { installationId, instanceId, launchId, tier };
  const at = deps.clock.now();
  const claim = await deps.runners.claim({ instanceId, launchId: ticket.launchId, nonce, at });
  switch (claim.kind) {
    case 'claimed':
      return serve(deps, claim.runner);
    case 'refused':
      return refuse(deps, { ...known, reason: claim.why });
    case 'unknown': {
      // The machine was faster than the launch's books; only while those are open may it still turn up in them.
      const launch = await deps.launches.get(ticket.installationId, ticket.launchId);
      const open = launch !== undefined && launch.state !== 'closed';
      return open
        ? { action: 'again', seconds: unboundAgainSeconds }
        : refuse(deps, { ...known, reason: 'not-of-this-launch' });
    }
  }
}

/** @param about what is proven of the machine by then; nothing, where its papers are no good */
function refuse(deps: ClaimDeps, about: { readonly reason: string }): ClaimResult {
  deps.telemetry.event('warn', 'claim-refused', about, { ClaimsRefused: 1 });
  return { action: 'refuse', why: about.reason };
}

async function serve(deps: ClaimDeps, claimed: Runner): Promise<ClaimAnswer> {
  let runner = claimed;
  let job = await plannedJob(deps, runner);
  for (let tries = 1; tries <= claimCandidates; tries++) {
    if (!job) {
      const next = await nextWaitingJob(deps, runner);
      if (!next) return standDown(deps, runner, 'no job waits');
      runner = { ...runner, hint: next.jobId, repository: next.repository };
      job = next;
    }
    if (!(await isDeadOnGitHub(deps, job))) return mint(deps, runner, job);
    job = undefined;
  }
  return standDown(deps, runner, 'its jobs were gone');
}

async function plannedJob(deps: ClaimDeps, runner: Runner): Promise<Job | undefined> {
  const job = await deps.jobs.get(runner.installationId, runner.hint);
  return job?.state === 'covered' && job.lease === runner.lease ? job : undefined;
}

async function nextWaitingJob(deps: ClaimDeps, runner: Runner): Promise<Job | undefined> {
  const waiting = await deps.jobs.listWaiting(runner.installationId, runner.tier, claimCandidates);
  for (const job of waiting) {
    if (await deps.runners.giveJob(runner, job)) return job;
  }
  return undefined;
}

/** A second machine for the same job is worth its money only if GitHub still has the job queued. */
async function isDeadOnGitHub(deps: ClaimDeps, job: Job): Promise<boolean> {
  if (job.attempts < 2) return false;
  const answer = await deps.github.getJob(job.installationId, job.repository, job.jobId);
  if (!answer.ok || answer.value.status !== 'completed') return false;
  const conclusion = answer.value.conclusion ?? 'unknown';
  const outcome = conclusion === 'cancelled' ? 'cancelled' : 'completed';
  await deps.jobs.finish(job.installationId, job.jobId, { outcome, conclusion, at: deps.clock.now() });
  const { installationId, jobId, tier } = job;
  const about = { installationId, jobId, tier, kind: 'dead-job-closed', outcome };
  deps.telemetry.event('info', 'repair', about, { Repairs: 1 });
  return true;
}

async function mint(deps: ClaimDeps, runner: Runner, job: Job): Promise<ClaimAnswer> {
  const tier = deps.deployment.tiers.find(({ name }) => name === runner.tier);
  const answer = await deps.github.createJitConfig({
    installationId: runner.installationId,
    scope: scopeFor(runner.account, job.repository),
    name: runner.instanceId,
    labels: tier?.labels ?? job.labels,
    runnerGroupId: deps.deployment.runnerGroupId,
  });
  const { installationId, instanceId } = runner;
  if (answer.ok) {
    deps.telemetry.event('info', 'claimed', {
      installationId,
      instanceId,
      jobId: job.jobId,
      launchId: runner.launchId,
      tier: runner.tier,
    });
    return { action: 'run', jitConfig: answer.value.jitConfig };
  }
  return afterRefusal(deps, { runner, job, refusal: answer.refusal });
}

/** Where GitHub is busy the machine waits for its turn; where it says no, the job could not run on any machine. */
async function afterRefusal(
  deps: ClaimDeps,
  failed: { runner: Runner; job: Job; refusal: GitHubRefusal },
): Promise<ClaimAnswer> {
  const { runner, job, refusal } = failed;
  const { installationId, jobId } = job;
  const { instanceId, tier } = runner;
  deps.telemetry.event(
    'warn',
    'github-refused',
    { installationId, jobId, instanceId, tier, reason: refusal.kind, refusal },
    { GitHubRefusals: 1 },
  );
  if (refusal.kind === 'limited') {
    return {
      action: 'again',
      seconds: Math.min(Math.max(refusal.retryAfterSeconds, 1), longestAgainSeconds),
    };
  }
  await deps.jobs.finish(installationId, jobId, {
    outcome: 'refused',
    at: deps.clock.now(),
    reason: reason(
      'github-refused',
      `GitHub refused a runner for ${runner.account.login} (${refusal.kind}: ${refusal.message}).`,
    ),
  });
  deps.telemetry.event(
    'warn',
    'job-refused',
    { installationId, jobId, tier, reason: 'github-refused' },
    { JobsRefused: 1 },
  );
  return standDown(deps, runner, `GitHub refused the runner: ${refusal.kind}`);
}

function standDown(deps: ClaimDeps, runner: Runner, why: string): ClaimAnswer {
  const { installationId, instanceId, tier } = runner;
  deps.telemetry.event(
    'info',
    'stand-down',
    { installationId, instanceId, tier, reason: why },
    { StandDowns: 1 },
  );
  return { action: 'stand-down', why };
}
