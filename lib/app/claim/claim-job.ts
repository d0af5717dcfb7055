/**
 * A booted machine asks what to run, and gets a JIT config for its job, created at this moment. The first nonce that a
 * machine brings is the only one it may use; until it confirms, the same nonce gets an answer again. A machine whose job
 * is gone serves the oldest other job that waits in its tenant and tier, or stands down.
 */
import type { ClaimAnswer, MachineRequest } from '../../contract/machine.ts';
import { judge, type Verdict } from '../../core/admission.ts';
import type { Job } from '../../core/job.ts';
import { isResting } from '../../core/job-rest.ts';
import type { Launch, PlannedJob } from '../../core/launch.ts';
import type { Runner } from '../../core/runner.ts';
import { needsGate } from '../../core/start-gate.ts';
import type { Identity } from '../../ports/identity.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { ClaimOutcome, RunnerStore } from '../../ports/runners.ts';
import { askAboutJob } from '../common/ask-about-job.ts';
import { bindAsReported, unrecordedOf } from '../common/bind-rows.ts';
import { findUnservedJob } from '../common/find-unserved-job.ts';
import { followAnswer } from '../common/follow-answer.ts';
import { glanceAtGroupNote, knownGroup } from '../common/runner-groups.ts';
import { claimCandidates, unboundAgainSeconds, waitingPageSize } from '../common/settings.ts';
import { aboutTicket, authenticateMachine, type DoorDeps, type Machine } from './authenticate-machine.ts';
import { holdJob, type MintDeps, type Minting, mintRunner, refuseJob } from './mint-runner.ts';

export interface ClaimDeps extends DoorDeps, MintDeps {
  readonly launches: LaunchStore;
  readonly runners: RunnerStore;
}

export type ClaimResult = ClaimAnswer | { readonly action: 'refuse'; readonly why: string };

/** @throws OperationalError: the machine tries again with the same nonce */
export async function claimJob(deps: ClaimDeps, request: MachineRequest): Promise<ClaimResult> {
  const machine = await authenticateMachine(deps, request);
  if ('refused' in machine) return refuse(deps, { ...aboutTicket(machine), reason: machine.refused });
  const { ticket, instanceId, nonce } = machine;
  const { launchId, installationId, tier } = ticket;
  const known = { installationId, instanceId, launchId, tier };
  const claiming = { instanceId, launchId, nonce, at: deps.clock.now() };
  const claim = await claimOrReadAgain(deps, machine, claiming);
  switch (claim.kind) {
    case 'claimed':
      return serve(deps, claim.runner);
    case 'refused':
      return refuse(deps, { ...known, reason: claim.why });
    case 'open':
      return { action: 'again', seconds: unboundAgainSeconds };
    case 'unknown':
      return refuse(deps, { ...known, reason: 'not-of-this-launch' });
  }
}

/**
 * A machine may be faster than the writes of its launch; it can still appear in the launch only while that is open. The
 * launch may have closed between the two reads, so a machine that finds it closed looks for its row once more.
 */
async function claimOrReadAgain(
  deps: ClaimDeps,
  { ticket, identity }: Machine,
  claiming: Parameters<RunnerStore['claim']>[0],
): Promise<ClaimOutcome | { readonly kind: 'open' }> {
  const first = await deps.runners.claim(claiming);
  if (first.kind !== 'unknown') return first;
  const launch = await deps.launches.get(ticket.installationId, claiming.launchId);
  if (launch && launch.state !== 'closed') return { kind: 'open' };
  const second = await deps.runners.claim(claiming);
  if (second.kind !== 'unknown' || !launch) return second;
  const unrecorded = unrecordedOf(launch, new Set(), claiming.at).filter(
    ({ lease }) => launch.instances.get(lease) === claiming.instanceId,
  );
  if (unrecorded.length === 0) return second;
  // The caller that closed the launch may still be writing the row, and it knows more about the machine.
  if (claiming.at < launch.callUntil) return { kind: 'open' };
  await recordLate(deps, { launch, identity, unrecorded });
  return deps.runners.claim(claiming);
}

/**
 * The caller that closed the launch died before it wrote the row. The machine's identity document has what the row
 * needs.
 */
async function recordLate(
  deps: ClaimDeps,
  late: { launch: Launch; identity: Identity; unrecorded: readonly PlannedJob[] },
): Promise<void> {
  const { launch, identity, unrecorded } = late;
  const { instanceId, instanceType = 'unknown', zone, pendingTime } = identity;
  const { installationId, launchId, tier } = launch;
  const about = { installationId, instanceId, launchId, tier, kind: 'machine-recorded' };
  deps.telemetry.event('info', 'repair', about, { Repairs: 1 });
  const instance = {
    ...{ instanceId, instanceType, startedAt: pendingTime },
    spot: launch.request.TargetCapacitySpecification.DefaultTargetCapacityType === 'spot',
    ...(zone === undefined ? {} : { zone }),
  };
  await bindAsReported(deps, launch, { instances: [instance], unrecorded });
}

/** @param about what is proven about the machine so far; nothing if its credentials are invalid */
function refuse(deps: ClaimDeps, about: { readonly reason: string }): ClaimResult {
  deps.telemetry.event('warn', 'claim-refused', about, { ClaimsRefused: 1 });
  return { action: 'refuse', why: about.reason };
}

async function serve(deps: ClaimDeps, claimed: Runner): Promise<ClaimAnswer> {
  let runner = claimed;
  const [{ job: first, tenant }, note] = await Promise.all([
    deps.runners.readPlan(claimed, { jobMayLag: true }),
    glanceAtGroupNote(deps, claimed.installationId),
    deps.github.prepare(claimed.installationId),
  ]);
  const isMeant = (job: Job | undefined): job is Job =>
    job?.state === 'covered' && job.lease === claimed.lease;
  // This read may lag. If the job was meant for this machine, it may have ended since, as it may end a moment later:
  // GitHub then gives the runner another job. In any other case the job is read again, consistently, because it may
  // be older than this machine.
  let planned = isMeant(first) ? first : await deps.jobs.get(claimed.installationId, claimed.plannedJob);
  if (!tenant) return standDown(deps, runner, 'its tenant is unknown');
  const group = knownGroup(deps, tenant, note);
  let job = isMeant(planned) ? planned : undefined;
  for (let tries = 1; tries <= claimCandidates; tries++) {
    if (!job) {
      const mayRun = (one: Job) => verdictNow(deps, { tenant, runner, job: one, group }).kind !== 'hold';
      const next = (await jobLeftOver(deps, runner, planned)) ?? (await nextWaitingJob(deps, runner, mayRun));
      if (!next) return standDown(deps, runner, 'no job waits');
      runner = { ...runner, plannedJob: next.jobId, repository: next.repository };
      job = { ...next, state: 'covered', lease: runner.lease };
    }
    const minting = { runner, job, tenant, group };
    const verdict = verdictNow(deps, minting);
    if (verdict.kind === 'hold') {
      await holdJob(deps, minting, verdict.reason);
      if (!verdict.ofJob) return standDown(deps, runner, verdict.reason.code);
    } else if (verdict.kind === 'refuse') await refuseJob(deps, job, verdict.reason);
    else if (await isQueuedOnGitHub(deps, job)) return mint(deps, minting);
    // It may have begun elsewhere, as GitHub has just reported: then another job relies on this machine.
    planned = await deps.jobs.get(job.installationId, job.jobId);
    job = undefined;
  }
  return standDown(deps, runner, 'its jobs were gone');
}

/**
 * The tenant may have been suspended or deleted since its machine was launched, and its group changed. Its need for
 * attention is ignored: this machine exists, and whether GitHub gives it a runner shows whether all is well again.
 */
function verdictNow(deps: ClaimDeps, options: Minting): Verdict {
  const { attention: _passedOver, ...tenant } = options.tenant;
  const tier = deps.deployment.tiers.find(({ name }) => name === options.runner.tier);
  return tier ? judge(tenant, tier, options.job, options.group) : { kind: 'admit' };
}

/** If another machine ran its job, some job relies on that machine in vain. */
async function jobLeftOver(
  deps: ClaimDeps,
  runner: Runner,
  planned: Job | undefined,
): Promise<Job | undefined> {
  const unserved = planned && (await findUnservedJob(deps, planned));
  const isServed = unserved?.tier === runner.tier && (await deps.runners.giveJob(runner, unserved));
  return isServed ? unserved : undefined;
}

/** The oldest job that is not held individually: held jobs wait for a changed setting and delay no others. */
async function nextWaitingJob(
  deps: ClaimDeps,
  runner: Runner,
  mayRun: (job: Job) => boolean,
): Promise<Job | undefined> {
  const now = deps.clock.now();
  for (const limit of [claimCandidates, waitingPageSize]) {
    const waiting = await deps.jobs.listWaiting(runner.installationId, runner.tier, limit);
    for (const job of waiting.filter(mayRun).slice(0, claimCandidates)) {
      // The sweep looks again at jobs that GitHub may no longer have.
      if (job.goneAt !== undefined && isResting(job, now)) continue;
      if (await deps.runners.giveJob(runner, job)) return job;
    }
    // Reading on is worth it only if those in front are held.
    if (waiting.length < limit || waiting.every(mayRun)) return undefined;
  }
  return undefined;
}

/**
 * A second machine for the same job is worth its cost only if GitHub still has the job queued. The first may have been
 * launched for another job, and have got this one as it claimed.
 */
async function isQueuedOnGitHub(deps: ClaimDeps, job: Job): Promise<boolean> {
  const isSecond = job.attempts >= 2 || (job.replacements ?? 0) > 0;
  if (!isSecond) return true;
  return followAnswer(deps, job, await askAboutJob(deps, job));
}

async function mint(deps: ClaimDeps, minting: Minting): Promise<ClaimAnswer> {
  const minted = await mintRunner(deps, minting);
  const { runner, job } = minting;
  const { installationId, instanceId, tier } = runner;
  switch (minted.kind) {
    case 'minted': {
      const about = { installationId, instanceId, jobId: job.jobId, tier };
      const took = Math.max(0, deps.clock.now() - (runner.claimedAt ?? deps.clock.now()));
      deps.telemetry.event('info', 'claimed', about, { ClaimedToMintedMilliseconds: took });
      return {
        action: 'run',
        jitConfig: minted.jitConfig,
        ...(needsGate(minting.tenant, runner) ? { gate: true } : {}),
      };
    }
    case 'again':
      return { action: 'again', seconds: minted.seconds };
    case 'none':
      return standDown(deps, runner, `GitHub refused the runner: ${minted.why}`);
  }
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
