/**
 * No machine is launched for a job, no runner is created for it, and none of its steps begins, unless every enabled
 * controller over it admitted it under the policy in force, or failed with a failure policy that admits, on record. A
 * job that a policy has rejected does not run later under the same policy. Nor is a job refused that no controller
 * rejected. For the operator's own controllers, a policy of up to five seconds before the beginning of the run counts
 * too (ADR 0081).
 */
import { platformOwner } from '../../../../lib/core/controllers/controller.ts';
import type { JobAdmission } from '../../../../lib/core/controllers/job-admission.ts';
import type { WorldJob } from '../../world/context.ts';
import type { Ledger, Note } from '../ledger.ts';
import { factsNotedAt } from './known-facts.ts';
import type { AuditedController, AuditedPolicy } from './policy-history.ts';

interface About {
  readonly tenant: number;
  readonly job: WorldJob;
  /** Epoch milliseconds: any policy that was in force since then may have been used. */
  readonly since: number;
  /** The same for the operator's own policy, from the beginning of the run that uses it; absent: `since`. */
  readonly runSince?: number;
}

/** A run may use the operator's policy as it was this long before the run began. */
const platformPolicySeconds = 5;

/** The tenant's own policy and the operator's, in a combination that a run may have seen. */
interface Together {
  readonly own: AuditedPolicy;
  readonly platform: AuditedPolicy;
}

function policiesOver(ledger: Ledger, { tenant, since, runSince = since }: Omit<About, 'job'>): Together[] {
  const platform = ledger.policies.since(platformOwner, runSince - platformPolicySeconds * 1000);
  return ledger.policies
    .since(tenant, since)
    .flatMap((own) => platform.map((each) => ({ own, platform: each })));
}

const controllersOf = ({ own, platform }: Together) => [...platform.controllers, ...own.controllers];

/** Since when this combination is in force. */
const sinceOf = ({ own, platform }: Together) =>
  Math.max(...[own, platform].map((policy) => (isInForce(policy) ? policy.from : 0)));

/** The policy in the form in which rows store it. */
const markOf = ({ own, platform }: Together) => `${epochInForce(own)}.${epochInForce(platform)}`;
const epochInForce = (policy: AuditedPolicy) => (isInForce(policy) ? `${policy.epoch}` : '-');
const isInForce = ({ controllers }: AuditedPolicy) => !controllers.every(isInert);

export function checkAdmitted(ledger: Ledger, about: About & { readonly what: string }, note: Note): void {
  const policies = policiesOver(ledger, about);
  if (policies.some((policy) => mayRun(ledger, about, policy))) return;
  const marks = policies.map(markOf).join(', ');
  note(
    'not-admitted',
    `job ${about.job.id} of ${about.tenant} ${about.what}, but policy ${marks} does not admit it`,
  );
}

/** A machine without a start gate was launched while no controller was in force. */
export function checkUngated(
  ledger: Ledger,
  about: { tenant: number; since: number; instanceId: string },
  note: Note,
): void {
  if (policiesOver(ledger, about).some((policy) => controllersOf(policy).every(isInert))) return;
  note(
    'no-start-gate',
    `${about.instanceId} of ${about.tenant} has no start gate, although controllers are in force`,
  );
}

/** Whether controllers have been in force all the time since then. */
export const requiresGate = (ledger: Ledger, about: Omit<About, 'job'>): boolean =>
  policiesOver(ledger, about).every((policy) => !controllersOf(policy).every(isInert));

const isInert = ({ state, scopes }: AuditedController) => state === 'disabled' || scopes.length === 0;

/** Called when the platform refuses a job because of its controllers' answers. */
export function isTrulyRefused(ledger: Ledger, about: About, code: string): boolean {
  return policiesOver(ledger, about).some((policy) => {
    const over = obeyedOver(ledger, about, policy);
    if (code === 'controller-rejected')
      return over.some((controller) => votesOf(ledger, about, policy, controller).includes('reject'));
    return isTrulyUnavailable(ledger, about, policy, over);
  });
}

/** All pauses between the seven attempts, and no more. */
const longestHeldMilliseconds = 1_500_000;

/** This many attempts are made before the job is refused. */
const asksBeforeRefusal = 7;

function isTrulyUnavailable(
  ledger: Ledger,
  about: About,
  policy: Together,
  over: readonly AuditedController[],
): boolean {
  const closed = over.filter(({ onFailure }) => onFailure === 'reject');
  if (closed.some((controller) => controller.rules(about.job) === 'failed')) return true;
  const failures = closed.flatMap((controller) =>
    votesOf(ledger, about, policy, controller).filter((vote) => vote === 'failed'),
  );
  if (failures.length >= asksBeforeRefusal) return true;
  // GitHub's failures count together with the controllers' own, and only the pauses between them are visible here.
  const waited = ledger.now() - sinceOf(policy);
  const needsGitHub = namedOver(ledger, about, policy).some(({ state }) => state === 'enabled');
  return closed.length > 0 && needsGitHub && waited >= longestHeldMilliseconds;
}

function mayRun(ledger: Ledger, about: About, policy: Together): boolean {
  const over = obeyedOver(ledger, about, policy);
  if (over.length > 0 && ledger.rejectedUnder.get(`${about.tenant}/${about.job.id}`) === markOf(policy))
    return false;
  const failedOpen = hasFailedOpen(ledger, about, policy);
  return over.every(
    (controller) =>
      votesOf(ledger, about, policy, controller).includes('admit') ||
      (controller.onFailure === 'admit' && failedOpen),
  );
}

function votesOf(ledger: Ledger, { job, tenant }: About, together: Together, controller: AuditedController) {
  // It cannot have decided about a run whose facts GitHub has not given.
  if (controller.needsGitHub && factsNotedAt(ledger, tenant, job) === undefined) return [];
  const ruling = controller.rules(job);
  if (ruling !== 'asked') return [ruling];
  const from = sinceOf(together);
  const isPolled = controller.transport.kind === 'poll';
  // The asker's clock determines when a waiting question was asked.
  const since = isPolled ? from - skew : from;
  const given = ledger.policies.answersOf(controller.id, job.id, since).map(({ vote }) => vote);
  return isPolled ? [...given, ...unanswered(ledger, { job, controller, from: since })] : given;
}

/** Questions that waited until their deadline. */
const unanswered = (
  { rows, now }: Ledger,
  about: { job: WorldJob; controller: AuditedController; from: number },
) =>
  [...rows.questions.values()]
    .filter(({ controllerId, jobId }) => controllerId === about.controller.id && jobId === about.job.id)
    .filter(({ askedAt, endsAt, answer }) => askedAt >= about.from && now() >= endsAt - skew && !answer)
    .map(() => 'failed' as const);

/** How far the clocks of different askers may be wrong. */
const skew = 2_000;

const hasFailedOpen = ({ rows }: Ledger, { tenant, job }: About, policy: Together) =>
  [...rows.decisions.values()].some(
    (decision) =>
      decision.installationId === tenant &&
      decision.jobId === job.id &&
      `${decision.epoch || '-'}.${decision.platformEpoch ?? '-'}` === markOf(policy) &&
      decision.outcome === 'failed-open',
  );

/** The controllers without whose admission nothing of the job may run. */
const obeyedOver = (ledger: Ledger, about: About, policy: Together) =>
  controllersOf(policy).filter(
    (controller) =>
      controller.state === 'enabled' &&
      isOver(ledger, about, controller) &&
      (controller.matches(about.job) || isUnheard(ledger, about, controller)),
  );

/** It is unknown whether the controller must be asked about the job, so the job is held as if it must. */
const isUnheard = (ledger: Ledger, { tenant, job }: About, { needsGitHub }: AuditedController) =>
  needsGitHub === 'match' && factsNotedAt(ledger, tenant, job) === undefined;

/** Whether a controller over the job, even one in dry run, needs facts that only GitHub has. */
export const isNamedOver = (ledger: Ledger, about: About): boolean =>
  policiesOver(ledger, about).some((policy) => namedOver(ledger, about, policy).length > 0);

/** Includes controllers that do not match the job, if GitHub had to be asked to find out. */
const namedOver = (ledger: Ledger, about: About, policy: Together) =>
  controllersOf(policy).filter(
    (controller) =>
      controller.needsGitHub &&
      (controller.needsGitHub === 'match' || controller.matches(about.job)) &&
      controller.state !== 'disabled' &&
      isOver(ledger, about, controller),
  );

const isOver = (ledger: Ledger, about: About, { scopes, exemptRepositories }: AuditedController) =>
  scopes.some(({ target }) => isIn(ledger, about, target)) &&
  !exemptRepositories.includes(about.job.repositoryId);

type Target = AuditedController['scopes'][number]['target'];

function isIn({ rows }: Ledger, { tenant, job }: About, target: Target): boolean {
  const group =
    job.account.type === 'Organization'
      ? (rows.tenants.get(tenant as never)?.runnerGroup ?? 'Default')
      : undefined;
  switch (target.kind) {
    case 'installation':
      return true;
    case 'tier':
      return target.tier === job.tier;
    case 'group':
      return target.group === group;
    case 'group-tier':
      return target.group === group && target.tier === job.tier;
    case 'repository':
      return target.repositoryId === job.repositoryId;
    case 'repository-tier':
      return group === undefined && target.repositoryId === job.repositoryId && target.tier === job.tier;
  }
}

/**
 * Called as the platform stores the controllers' decision: the first decision under a policy stays, and no decision
 * under an older policy overwrites it. If another policy was in force in between, for example a tenant's that came
 * and went, the controllers are asked again.
 */
export function followDecisions(ledger: Ledger, note: Note): void {
  for (const [key, { admission }] of ledger.rows.jobs) {
    if (!admission) continue;
    const before = ledger.decided.get(key);
    // Rows are replaced and never changed, so this same decision was checked before.
    if (before === admission) continue;
    ledger.decided.set(key, admission);
    if (before && isOlder(admission.policy, before.policy))
      note(
        'decided-under-older-policy',
        `job ${key} was decided under ${before.policy}, and then under ${admission.policy}`,
      );
    if (before && isReplaced(before, admission))
      note(
        'decided-twice',
        `job ${key} was ${before.state} and then ${admission.state}, both under ${before.policy}`,
      );
    if (admission.state === 'rejected') ledger.rejectedUnder.set(key, admission.policy);
    else if (ledger.rejectedUnder.get(key) !== admission.policy) ledger.rejectedUnder.delete(key);
  }
}

/** Called as jobs are recorded in another tier than GitHub queued them for, or move to one: its controllers decide. */
export function followMoves({ rows, worldJobs, decided, rejectedUnder }: Ledger): void {
  for (const [key, { jobId, tier }] of rows.jobs) {
    const job = worldJobs.get(jobId);
    if (!job || tier === undefined || job.tier === tier) continue;
    job.tier = tier;
    decided.delete(key);
    rejectedUnder.delete(key);
  }
}

const isReplaced = (before: JobAdmission, now: JobAdmission) =>
  before.policy === now.policy &&
  before.state !== 'asked' &&
  before.state !== 'unavailable' &&
  JSON.stringify(before) !== JSON.stringify(now);

/** If one of the two was not in force, the order is unknown. */
function isOlder(policy: string, other: string): boolean {
  const [own, platform] = policy.split('.').map(Number);
  const [otherOwn, otherPlatform] = other.split('.').map(Number);
  return own! < otherOwn! || platform! < otherPlatform!;
}
