/**
 * No machine is bought for a job, no runner made for it, and none of its steps begins, unless every enabled controller over
 * it admitted it under the policy of that moment, or failed where its failure policy admits and that is on record. What one
 * policy has rejected it does not let run later. Nor is a job refused that no controller rejected.
 */
import type { WorldJob } from '../../world/context.ts';
import type { Books, Note } from '../books.ts';
import type { AuditedController, AuditedPolicy } from './policy-history.ts';

interface About {
  readonly tenant: number;
  readonly job: WorldJob;
  /** Epoch milliseconds: whatever policy was in force since then may have been gone by. */
  readonly since: number;
}

export function checkAdmitted(books: Books, about: About & { readonly what: string }, note: Note): void {
  const policies = books.policies.since(about.tenant, about.since);
  if (policies.some((policy) => mayRun(books, about, policy))) return;
  const epochs = policies.map(({ epoch }) => epoch).join(', ');
  note('not-admitted', `job ${about.job.id} of ${about.tenant} ${about.what}, and epoch ${epochs} does not`);
}

/** A machine that asks nobody was made while there was nobody to ask. */
export function checkUngated(
  books: Books,
  { tenant, since, instanceId }: { tenant: number; since: number; instanceId: string },
  note: Note,
): void {
  const policies = books.policies.since(tenant, since);
  if (policies.some(({ controllers }) => controllers.every(isInert))) return;
  note('no-start-gate', `${instanceId} of ${tenant} asks nobody, and controllers are in force`);
}

const isInert = ({ state, scopes }: AuditedController) => state === 'disabled' || scopes.length === 0;

/** At the moment that the platform refuses a job for what its controllers said. */
export function isTrulyRefused(books: Books, about: About, code: string): boolean {
  return books.policies.since(about.tenant, about.since).some((policy) => {
    const over = obeyedOver(books, about, policy);
    if (code === 'controller-rejected')
      return over.some((controller) => votesOf(books, about, policy, controller).includes('reject'));
    return isTrulyUnavailable(books, about, policy, over);
  });
}

/** It is asked so often before the job is given up. */
const asksBeforeRefusal = 7;

function isTrulyUnavailable(
  books: Books,
  about: About,
  policy: AuditedPolicy,
  over: readonly AuditedController[],
): boolean {
  const closed = over.filter(({ onFailure }) => onFailure === 'reject');
  if (closed.some((controller) => controller.rules(about.job) === 'failed')) return true;
  const failures = closed.flatMap((controller) =>
    votesOf(books, about, policy, controller).filter((vote) => vote === 'failed'),
  );
  return failures.length >= asksBeforeRefusal;
}

function mayRun(books: Books, about: About, policy: AuditedPolicy): boolean {
  const over = obeyedOver(books, about, policy);
  if (over.length > 0 && books.rejectedUnder.has(`${about.tenant}/${about.job.id}@${policy.epoch}`))
    return false;
  const failedOpen = hasFailedOpen(books, about, policy);
  return over.every(
    (controller) =>
      votesOf(books, about, policy, controller).includes('admit') ||
      (controller.onFailure === 'admit' && failedOpen),
  );
}

function votesOf(books: Books, { job }: About, { from }: AuditedPolicy, controller: AuditedController) {
  const ruling = controller.rules(job);
  if (ruling !== 'asked') return [ruling];
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

const hasFailedOpen = ({ rows }: Books, { tenant, job }: About, { epoch }: AuditedPolicy) =>
  [...rows.decisions.values()].some(
    (decision) =>
      decision.installationId === tenant &&
      decision.jobId === job.id &&
      decision.epoch === epoch &&
      decision.outcome === 'failed-open',
  );

/** Those without whose yes nothing of the job runs. */
const obeyedOver = (books: Books, about: About, { controllers }: AuditedPolicy) =>
  controllers.filter(
    (controller) =>
      controller.state === 'enabled' &&
      controller.scopes.some(({ target }) => isIn(books, about, target)) &&
      !controller.exemptRepositories.includes(about.job.repositoryId) &&
      controller.matches(about.job),
  );

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

/** Called as the platform writes down what controllers said: the first word under a policy stands. */
export function noteRejections(books: Books): void {
  for (const [key, { admission }] of books.rows.jobs) {
    if (admission?.state !== 'rejected') continue;
    const [epoch] = admission.policy.split('.');
    books.rejectedUnder.add(`${key}@${epoch}`);
  }
}
