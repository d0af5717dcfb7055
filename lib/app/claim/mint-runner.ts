/**
 * Registers a machine's runner on GitHub, for its job. If GitHub refuses, it is asked once for the installation's current
 * state, which decides what follows: another name is tried once, or the machine asks again for a minute, since most
 * refusals pass. A lasting refusal makes the job rest, or all of the tenant's jobs wait; it ends none of them.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { GitHubRefusal, Installation } from '../../core/github.ts';
import { runnerNameOf } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { afterRefusal } from '../../core/job-rest.ts';
import { type Reason, reason } from '../../core/reason.ts';
import { explainRefusal, type RefusedRunner, refusedNow } from '../../core/refused-runner.ts';
import type { Runner } from '../../core/runner.ts';
import { levelNow, missingPermission } from '../../core/runner-level.ts';
import { scopeFor } from '../../core/scope.ts';
import { needsGate } from '../../core/start-gate.ts';
import type { Account, Attention, RunnerLevel, Tenant } from '../../core/tenant.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GitHub } from '../../ports/github.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Notes } from '../../ports/notes.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { askAboutJob } from '../common/ask-about-job.ts';
import { followAnswer } from '../common/follow-answer.ts';
import { currentName, isSameName } from '../common/in-repository.ts';
import { logRefusedJob } from '../common/log-refused-job.ts';
import type { KnownGroup } from '../common/runner-groups.ts';
import {
  longestAgainSeconds,
  longestLimitWaitSeconds,
  otherLevelSeconds,
  refusalPatienceSeconds,
  refusedAgainSeconds,
} from '../common/settings.ts';
import { registerInGroup } from './register-in-group.ts';

export interface MintDeps {
  readonly deployment: Deployment;
  readonly tenants: TenantStore;
  readonly jobs: JobStore;
  readonly runners: RunnerStore;
  readonly github: GitHub;
  readonly notes: Notes;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

export interface Minting {
  readonly runner: Runner;
  readonly job: Job;
  readonly tenant: Tenant;
  /** As stored. */
  readonly group: KnownGroup;
}

export type Minted =
  | { readonly kind: 'minted'; readonly jitConfig: string }
  | { readonly kind: 'again'; readonly seconds: number }
  /** The job was refused, or waits again. */
  | { readonly kind: 'none'; readonly why: string };

export async function mintRunner(deps: MintDeps, minting: Minting): Promise<Minted> {
  const { tenant, job } = minting;
  // The launch may be older than the account's name.
  const account = { ...minting.runner.account, login: tenant.accountLogin };
  const first = await register(deps, minting, { account, repository: ofOwner(account, job.repository) });
  if (first.ok) return minted(deps, minting, first.value.jitConfig);
  if ('held' in first) return waitForGroup(deps, minting, first.held);
  const { refusal } = first;
  logRefusal(deps, minting, refusal);
  if (refusal.kind === 'limited') return afterLimit(deps, minting, refusal.retryAfterSeconds);
  const installation = await whatItIs(deps, minting);
  if ('seconds' in installation) return { kind: 'again', seconds: installation.seconds };
  const { repository } = job;
  const scope = scopeFor(account, repository);
  const now = await namesNow(deps, minting, { refusal, account, installation: installation.now });
  if ('seconds' in now) return { kind: 'again', seconds: now.seconds };
  if (now.target) return afterRename(deps, minting, now.target);
  const meaning = explainRefusal({ refusal, account, scope, installation: installation.now });
  const isElsewhere = meaning.kind === 'hold' && movesTo(minting, installation.now) !== undefined;
  return settle(deps, minting, isElsewhere ? { ...meaning, probeSeconds: otherLevelSeconds } : meaning);
}

/** The level at which the tenant's next machines register, if the current permissions change it. */
function movesTo({ tenant, runner }: Minting, now: Installation | undefined): RunnerLevel | undefined {
  if (!now) return undefined;
  const asItIs = { ...tenant, permissions: now.permissions };
  const { level } = levelNow(asItIs);
  return missingPermission(asItIs) || level === scopeFor(runner.account, runner.repository).kind
    ? undefined
    : level;
}

/** GitHub knows the account by its login: the repository's owner has the current one. */
const ofOwner = ({ login }: Account, repository: string) => `${login}/${repository.split('/')[1]}`;

interface RunnerTarget {
  readonly account: Account;
  readonly repository: string;
}

/** Whether the refusal may be about changed names, and then the current ones. */
async function namesNow(
  deps: MintDeps,
  { job, tenant }: Minting,
  refused: { refusal: GitHubRefusal; account: Account; installation: Installation | undefined },
): Promise<{ readonly target?: RunnerTarget } | { readonly seconds: number }> {
  const { refusal, account, installation } = refused;
  if (!installation || installation.suspended || refusal.kind === 'invalid') return {};
  const now = { ...account, login: installation.accountLogin };
  const isRenamed = !isSameName(now.login, account.login);
  if (scopeFor(account, job.repository).kind === 'organization')
    return isRenamed ? { target: { account: now, repository: job.repository } } : {};
  if (refusal.kind !== 'not-found' && !isRenamed) return {};
  const named = await currentName(deps, { ...job, repositoryOwnerId: tenant.accountId });
  if (!named.ok) return named.refusal.kind === 'limited' ? { seconds: longestAgainSeconds } : {};
  const isSame = isSameName(named.value, ofOwner(account, job.repository));
  return isSame ? {} : { target: { account: now, repository: named.value } };
}

/** Once more, with the names that GitHub has just given. */
async function afterRename(deps: MintDeps, minting: Minting, target: RunnerTarget): Promise<Minted> {
  const { account, repository } = target;
  const { installationId, jobId } = minting.job;
  const answer = await register(deps, minting, target);
  if (answer.ok) {
    await deps.jobs.rename(installationId, jobId, repository);
    return minted(deps, minting, answer.value.jitConfig);
  }
  if ('held' in answer) return waitForGroup(deps, minting, answer.held);
  logRefusal(deps, minting, answer.refusal);
  if (answer.refusal.kind === 'limited') return afterLimit(deps, minting, answer.refusal.retryAfterSeconds);
  const { refusal } = answer;
  return settle(deps, minting, refusedNow({ refusal, account }, scopeFor(account, repository)));
}

function register(deps: MintDeps, { runner, job, tenant, group }: Minting, target: RunnerTarget) {
  const tier = deps.deployment.tiers.find(({ name }) => name === runner.tier);
  const request = {
    installationId: runner.installationId,
    scope: scopeFor(target.account, target.repository),
    name: runnerNameOf(runner.instanceId, needsGate(tenant, runner)),
    labels: tier?.labels ?? job.labels,
  };
  return registerInGroup(deps, { tenant, job, group, request });
}

async function waitForGroup(deps: MintDeps, minting: Minting, why: Reason): Promise<Minted> {
  await holdJob(deps, minting, why);
  return { kind: 'none', why: why.code };
}

async function minted(deps: MintDeps, { runner, tenant }: Minting, jitConfig: string): Promise<Minted> {
  // The cause that kept this tenant's jobs waiting is gone.
  if (tenant.attention) await deps.tenants.clearAttention(runner.installationId);
  return { kind: 'minted', jitConfig };
}

/** The machine waits if GitHub is busy for a moment; a longer wait would cost more than a new machine. */
async function afterLimit(deps: MintDeps, minting: Minting, seconds: number): Promise<Minted> {
  if (seconds <= longestLimitWaitSeconds) {
    return { kind: 'again', seconds: Math.min(Math.max(seconds, 1), longestAgainSeconds) };
  }
  const until = new Date(deps.clock.now() + seconds * 1000).toISOString();
  const text = `GitHub accepts no more calls for ${minting.tenant.accountLogin} until ${until}; then the jobs start.`;
  return settle(deps, minting, {
    kind: 'hold',
    code: 'github-limited',
    text,
    probeSeconds: seconds,
    mayPass: false,
  });
}

/** Undefined `now`: GitHub knows no such installation. */
async function whatItIs(
  deps: MintDeps,
  { runner }: Minting,
): Promise<{ readonly now: Installation | undefined } | { readonly seconds: number }> {
  const answer = await deps.github.getInstallation(runner.installationId);
  if (answer.ok) return { now: answer.value };
  if (answer.refusal.kind === 'not-found') return { now: undefined };
  return { seconds: longestAgainSeconds };
}

async function settle(deps: MintDeps, minting: Minting, meaning: RefusedRunner): Promise<Minted> {
  if (meaning.kind === 'refuse') {
    await refuseJob(deps, minting.job, meaning.reason);
    return { kind: 'none', why: meaning.reason.code };
  }
  if (mayPass(meaning) && isPatient(deps, minting)) return { kind: 'again', seconds: refusedAgainSeconds };
  if (meaning.kind === 'pause') return pauseJob(deps, minting, meaning.reason);
  const { code, text, probeSeconds } = meaning;
  const now = deps.clock.now();
  const since = new Date(now).toISOString();
  const attention: Attention = { code, text, since, probeAt: now + probeSeconds * 1000 };
  // In this order: a job that waits again must find the tenant held, or it launches the next machine.
  await deps.tenants.callAttention(minting.runner.installationId, attention);
  await holdJob(deps, minting, reason(code, text));
  return { kind: 'none', why: code };
}

const mayPass = (meaning: RefusedRunner) =>
  meaning.kind === 'pause' || (meaning.kind === 'hold' && meaning.mayPass);

/** Counted from its first claim, so that nothing needs to be stored. */
const isPatient = ({ clock }: MintDeps, { runner }: Minting) =>
  clock.now() < (runner.claimedAt ?? runner.launchedAt) + refusalPatienceSeconds * 1000;

/** Unless GitHub says that it has no such job, it is tried again later. */
async function pauseJob(deps: MintDeps, { runner, job }: Minting, why: Reason): Promise<Minted> {
  const { installationId, jobId } = job;
  if (await followAnswer(deps, job, await askAboutJob(deps, job))) {
    const again = afterRefusal(job, why, deps.clock.now());
    await deps.jobs.waitAgain(installationId, jobId, runner.lease, again.reason, again.rest);
  }
  return { kind: 'none', why: why.code };
}

export async function refuseJob(deps: MintDeps, job: Job, why: Reason): Promise<void> {
  const { installationId, jobId, tier } = job;
  await deps.jobs.finish(installationId, jobId, { outcome: 'refused', at: deps.clock.now(), reason: why });
  logRefusedJob(deps, { installationId, jobId, tier, reason: why.code }, 'warn');
}

export async function holdJob(
  deps: MintDeps,
  { runner, job }: Pick<Minting, 'runner' | 'job'>,
  why: Reason,
): Promise<void> {
  await deps.jobs.waitAgain(job.installationId, job.jobId, runner.lease, why);
}

function logRefusal(deps: MintDeps, { runner, job }: Minting, refusal: GitHubRefusal): void {
  const { installationId, instanceId, tier } = runner;
  const about = { installationId, jobId: job.jobId, instanceId, tier, reason: refusal.kind, refusal };
  deps.telemetry.event('warn', 'github-refused', about, { GitHubRefusals: 1 });
}
