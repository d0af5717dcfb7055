/**
 * How an installation's calls to GitHub are shared out. Registrations come before deletions, and deletions before
 * queries: lower priorities stop while something is left for the higher ones. Only these numbers decide that.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */

/**
 * register: a machine waits for it. remove: removes a registration, or re-runs a job. ask: everything else.
 */
export type CallPurpose = 'register' | 'remove' | 'ask';

/**
 * GitHub's `x-ratelimit-resource`: each has its own hourly limit. Registrations, including just-in-time
 * ones, count separately from everything else, 10,000 an hour:
 * https://github-aws-runners.github.io/terraform-aws-github-runner/configuration/
 */
export type CallResource = 'core' | 'actions_runner_registration';
export const callResources: readonly CallResource[] = ['core', 'actions_runner_registration'];

/** The resource on which a call of this purpose is expected to count. GitHub's answer has the actual one. */
export const resourceFor: Readonly<Record<CallPurpose, CallResource>> = {
  register: 'actions_runner_registration',
  remove: 'core',
  ask: 'core',
};

/** As in GitHub's `x-ratelimit-*` headers. */
export interface CallBudget {
  readonly resource: CallResource;
  readonly limit: number;
  readonly remaining: number;
  /** When all of `limit` is available again, epoch milliseconds. */
  readonly resetsAt: number;
}

export type Budgets = Readonly<Partial<Record<CallResource, CallBudget>>>;

/** Until when a `limited` refusal stops calls of a resource, or (`all`) of every one, epoch milliseconds. */
export type Closings = Readonly<Partial<Record<CallResource | 'all', number>>>;

/** What is known about one installation. If nothing is known, calls are allowed. */
export interface BudgetStanding {
  readonly budgets: Budgets;
  readonly closed: Closings;
}

/** The part of the budget that must be left for a call of this purpose to be made. */
const leastShare: Readonly<Record<CallPurpose, number>> = { register: 0, remove: 0.05, ask: 0.2 };

/** While more than this is left, budgets are not shared among copies. */
const noteworthyShare = 0.5;

/** Below that, copies share the budget each time this much of the limit is used up: at most 25 times an hour. */
const noteStepShare = 0.02;

/** @returns in how many seconds the call may be made; undefined: now */
export function secondsUntilCall(
  standing: BudgetStanding,
  purpose: CallPurpose,
  now: number,
): number | undefined {
  const resource = resourceFor[purpose];
  const budget = standing.budgets[resource];
  const closedUntil = Math.max(standing.closed.all ?? 0, standing.closed[resource] ?? 0);
  if (now < closedUntil) return seconds(closedUntil - now);
  if (!budget || now >= budget.resetsAt) return undefined;
  const isShort = budget.remaining < budget.limit * leastShare[purpose];
  return isShort ? seconds(budget.resetsAt - now) : undefined;
}

/** Whether to share this budget with the other copies. @param shared the budget as it was last shared */
export function isNoteworthy(now: CallBudget, shared: CallBudget | undefined): boolean {
  if (now.remaining > now.limit * noteworthyShare) return false;
  const isNewWindow = shared === undefined || shared.resetsAt < now.resetsAt;
  return isNewWindow || shared.remaining - now.remaining >= now.limit * noteStepShare;
}

/** The budget of the later window; within one window the lower one, since answers may arrive out of order. */
export function latestBudget(one: CallBudget | undefined, other: CallBudget | undefined) {
  if (!one || !other) return one ?? other;
  if (one.resetsAt !== other.resetsAt) return one.resetsAt > other.resetsAt ? one : other;
  return one.remaining <= other.remaining ? one : other;
}

/** The latest budget of each resource. */
export function latestBudgets(one: Budgets, other: Budgets): Budgets {
  return Object.fromEntries(
    callResources.flatMap((resource) => {
      const budget = latestBudget(one[resource], other[resource]);
      return budget ? [[resource, budget]] : [];
    }),
  );
}

/**
 * Which calls a refusal stops. If an hourly limit is used up: those of that resource, and of the purpose's
 * own, since that call was refused. A secondary limit stops all calls of the installation.
 */
export function closingsBy(
  refusal: { readonly resource?: CallResource },
  purpose: CallPurpose,
  until: number,
): Closings {
  const { resource } = refusal;
  return resource === undefined ? { all: until } : { [resource]: until, [resourceFor[purpose]]: until };
}

/** The later time of each closing. */
export function latestClosings(one: Closings, other: Closings): Closings {
  const names = [...callResources, 'all'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const until = Math.max(one[name] ?? 0, other[name] ?? 0);
      return until > 0 ? [[name, until]] : [];
    }),
  );
}

const seconds = (milliseconds: number) => Math.max(1, Math.ceil(milliseconds / 1000));
