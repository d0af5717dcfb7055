/**
 * No machine is bought for a job, no runner made for it, and none of its steps begins, unless every enabled controller over
 * it admitted it under the policy of that moment, or failed where its failure policy admits and that is on record. What one
 * policy has rejected it does not let run later. Nor is a job refused that no controller rejected. The operator's own
 * controllers are of the moment too, or of up to five seconds before the run began that goes by them (ADR 0081).
 */
import { platformOwner } from '../../../../lib/core/controllers/controller.ts';
import type { JobAdmission } from '../../../../lib/core/controllers/job-admission.ts';
import type { WorldJob } from '../../world/context.ts';
import type { Books, Note } from '../books.ts';
import { factsNotedAt } from './known-facts.ts';
import type { AuditedController, AuditedPolicy } from './policy-history.ts';

interface About {
  readonly tenant: number;
  readonly job: WorldJob;
  /** Epoch milliseconds: whatever policy was in force since then may have been gone by. */
  readonly since: number;
  /** The same for the operator's own; absent: it is `since`. When the run began that goes by it. */
  readonly runSince?: number;
}

/** A run may go by the operator's policy as it was so long before the run began. */
const platformPolicySeconds = 5;

/** The tenant's own policy and the operator's, as somebody may have known them together. */
interface Together {
  readonly own: AuditedPolicy;
  readonly platform: AuditedPolicy;
}

function policiesOver(books: Books, { tenant, since, runSince = since }: Omit<About, 'job'>): Together[] {
  const platform = books.policies.since(platformOwner, runSince - platformPolicySeconds * 1000);
  return books.policies
    .since(tenant, since)
    .flatMap((own) => platform.map((each) => ({ own, platform: each })));
}

const controllersOf = ({ own, platform }: Together) => [...platform.controllers, ...own.controllers];

/** Since when they are in force together. */
const sinceOf = ({ own, platform }: Together) =>
  Math.max(...[own, platform].map((policy) => (isInForce(policy) ? policy.from : 0)));

/** As rows name the policies that they were decided under. */
const markOf = ({ own, platform }: Together) => `${epochInForce(own)}.${epochInForce(platform)}`;
const epochInForce = (policy: AuditedPolicy) => (isInForce(policy) ? `${policy.epoch}` : '-');
const isInForce = ({ controllers }: AuditedPolicy) => !controllers.every(isInert);

export function checkAdmitted(books: Books, about: About & { readonly what: string }, note: Note): void {
  const policies = policiesOver(books, about);
  if (policies.some((policy) => mayRun(books, about, policy))) return;
  const marks = policies.map(markOf).join(', ');
  note('not-admitted', `job ${about.job.id} of ${about.tenant} ${about.what}, and policy ${marks} does not`);
}

/** A machine that asks nobody was made while there was nobody to ask. */
export function checkUngated(
  books: Books,
  about: { tenant: number; since: number; instanceId: string },
  note: Note,
): void {
  if (policiesOver(books, about).some((policy) => controllersOf(policy).every(isInert))) return;
  note('no-start-gate', `${about.instanceId} of ${about.tenant} asks nobody, and controllers are in force`);
}

/** Whether controllers were in force all the time since then. */
export const requiresGate = (books: Books, about: Omit<About, 'job'>): boolean =>
  policiesOver(books, about).every((policy) => !controllersOf(policy).every(isInert));

const isInert = ({ state, scopes }: AuditedController) => state === 'disabled' || scopes.length === 0;

/** At the moment that the platform refuses a job for what its controllers said. */
export function isTrulyRefused(books: Books, about: About, code: string): boolean {
  return policiesOver(books, about).some((policy) => {
    const over = obeyedOver(books, about, policy);
    if (code === 'controller-rejected')
      return over.some((controller) => votesOf(books, about, policy, controller).includes('reject'));
    return isTrulyUnavailable(books, about, policy, over);
  });
}

/** All pauses between the seven times, and no more. */
const longestHeldMilliseconds = 1_500_000;

/** It is asked so often before the job is given up. */
const asksBeforeRefusal = 7;

function isTrulyUnavailable(
  books: Books,
  about: About,
  policy: Together,
  over: readonly AuditedController[],
): boolean {
  const closed = over.filter(({ onFailure }) => onFailure === 'reject');
  if (closed.some((controller) => controller.rules(about.job) === 'failed')) return true;
  const failures = closed.flatMap((controller) =>
    votesOf(books, about, policy, controller).filter((vote) => vote === 'failed'),
  );
  if (failures.length >= asksBeforeRefusal) return true;
  // GitHub's failures count with the controllers' own, and only the pauses between them are seen here.
  const waited = books.now() - sinceOf(policy);
  const needsGitHub = namedOver(books, about, policy).some(({ state }) => state === 'enabled');
  return closed.length > 0 && needsGitHub && waited >= longestHeldMilliseconds;
}

function mayRun(books: Books, about: About, policy: Together): boolean {
  const over = obeyedOver(books, about, policy);
  if (over.length > 0 && books.rejectedUnder.get(`${about.tenant}/${about.job.id}`) === markOf(policy))
    return false;
  const failedOpen = hasFailedOpen(books, about, policy);
  return over.every(
    (controller) =>
      votesOf(books, about, policy, controller).includes('admit') ||
      (controller.onFailure === 'admit' && failedOpen),
  );
}

function votesOf(books: Books, { job, tenant }: About, together: Together, controller: AuditedController) {
  // It cannot have said anything of a run about which GitHub said nothing.
  if (controller.needsGitHub && factsNotedAt(books, tenant, job) === undefined) return [];
  const ruling = controller.rules(job);
  if (ruling !== 'asked') return [ruling];
  const from = sinceOf(together);
  const isPolled = controller.transport.kind === 'poll';
  // When a question that lies there was asked is the word of whoever asked it.
  const since = isPolled ? from - skew : from;
  const given = books.policies.answersOf(controller.id, job.id, since).map(({ vote }) => vote);
  return isPolled ? [...given, ...unanswered(books, { job, controller, from: since })] : given;
}

/** Questions that lay there until their time was over. */
const unanswered = (
  { rows, now }: Books,
  about: { job: WorldJob; controller: AuditedController; from: number },
) =>
  [...rows.questions.values()]
    .filter(({ controllerId, jobId }) => controllerId === about.controller.id && jobId === about.job.id)
    .filter(({ askedAt, endsAt, answer }) => askedAt >= about.from && now() >= endsAt - skew && !answer)
    .map(() => 'failed' as const);

/** How far the clock of whoever asks may be wrong. */
const skew = 2_000;

const hasFailedOpen = ({ rows }: Books, { tenant, job }: About, policy: Together) =>
  [...rows.decisions.values()].some(
    (decision) =>
      decision.installationId === tenant &&
      decision.jobId === job.id &&
      `${decision.epoch || '-'}.${decision.platformEpoch ?? '-'}` === markOf(policy) &&
      decision.outcome === 'failed-open',
  );

/** Those without whose yes nothing of the job runs. */
const obeyedOver = (books: Books, about: About, policy: Together) =>
  controllersOf(policy).filter(
    (controller) =>
      controller.state === 'enabled' &&
      isOver(books, about, controller) &&
      (controller.matches(about.job) || isUnheard(books, about, controller)),
  );

/** Whether it is to be asked about the job is not known: the job is held as if it were. */
const isUnheard = (books: Books, { tenant, job }: About, { needsGitHub }: AuditedController) =>
  needsGitHub === 'match' && factsNotedAt(books, tenant, job) === undefined;

/** Whether a controller over the job, in dry run perhaps, names what only GitHub knows. */
export const isNamedOver = (books: Books, about: About): boolean =>
  policiesOver(books, about).some((policy) => namedOver(books, about, policy).length > 0);

/** Also those that do not match the job, where GitHub had to be asked for that. */
const namedOver = (books: Books, about: About, policy: Together) =>
  controllersOf(policy).filter(
    (controller) =>
      controller.needsGitHub &&
      (controller.needsGitHub === 'match' || controller.matches(about.job)) &&
      controller.state !== 'disabled' &&
      isOver(books, about, controller),
  );

const isOver = (books: Books, about: About, { scopes, exemptRepositories }: AuditedController) =>
  scopes.some(({ target }) => isIn(books, about, target)) &&
  !exemptRepositories.includes(about.job.repositoryId);

type Target = AuditedController['scopes'][number]['target'];

function isIn({ rows }: Books, { tenant, job }: About, target: Target): boolean {
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
 * Called as the platform writes down what controllers said: the first word under a policy stands, and none of an older one is
 * written over it. Where another policy was in force meanwhile, as a tenant's that came and went, they are asked anew.
 */
export function followDecisions(books: Books, note: Note): void {
  for (const [key, { admission }] of books.rows.jobs) {
    if (!admission) continue;
    const before = books.decided.get(key);
    // Rows are replaced and never changed: this very word was looked at before.
    if (before === admission) continue;
    books.decided.set(key, admission);
    if (before && isOlder(admission.policy, before.policy))
      note(
        'decided-backwards',
        `job ${key} was decided under ${before.policy}, and then under ${admission.policy}`,
      );
    if (before && isReplaced(before, admission))
      note(
        'decided-twice',
        `job ${key} was ${before.state} and then ${admission.state} under ${before.policy}`,
      );
    if (admission.state === 'rejected') books.rejectedUnder.set(key, admission.policy);
    else if (books.rejectedUnder.get(key) !== admission.policy) books.rejectedUnder.delete(key);
  }
}

const isReplaced = (before: JobAdmission, now: JobAdmission) =>
  before.policy === now.policy &&
  before.state !== 'asked' &&
  before.state !== 'unavailable' &&
  JSON.stringify(before) !== JSON.stringify(now);

/** Where one of them was not in force, nobody can tell. */
function isOlder(policy: string, other: string): boolean {
  const [own, platform] = policy.split('.').map(Number);
  const [otherOwn, otherPlatform] = other.split('.').map(Number);
  return own! < otherOwn! || platform! < otherPlatform!;
}
