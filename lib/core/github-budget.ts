/**
 * How an installation's calls to GitHub are shared out. Registration goes before deletion, and deletion before asking:
 * the lower ones stop while there is still something left for the higher. These numbers are the only place that says so.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */

/** register: a machine waits for it. remove: a registration goes, or a job is run again. ask: all else. */
export type CallPurpose = 'register' | 'remove' | 'ask';

/** As GitHub's `x-ratelimit-*` headers say it. */
export interface CallBudget {
  readonly limit: number;
  readonly remaining: number;
  /** When all of `limit` is there again, epoch milliseconds. */
  readonly resetsAt: number;
}

/** What is known of one installation. Nothing known: nothing keeps a call back. */
export interface BudgetStanding {
  readonly budget?: CallBudget;
  /** GitHub said `limited`: no call before then, epoch milliseconds. */
  readonly closedUntil?: number;
}

/** The part of the budget that must be left for a call of this purpose to be made. */
const leastShare: Readonly<Record<CallPurpose, number>> = { register: 0, remove: 0.05, ask: 0.2 };

/** While more than this is left, nobody needs to know. */
const noteworthyShare = 0.5;

/** Copies tell each other each time so much of the limit has gone: 25 times in an hour, at most. */
const noteStepShare = 0.02;

/** Undefined: the call may be made. Else: in how many seconds it may be. */
export function secondsUntilCall(
  standing: BudgetStanding,
  purpose: CallPurpose,
  now: number,
): number | undefined {
  const { budget, closedUntil = 0 } = standing;
  if (now < closedUntil) return seconds(closedUntil - now);
  if (!budget || now >= budget.resetsAt) return undefined;
  const isShort = budget.remaining < budget.limit * leastShare[purpose];
  return isShort ? seconds(budget.resetsAt - now) : undefined;
}

/** Whether the other copies should hear of it, given what they were told last. */
export function isNoteworthy(now: CallBudget, told: CallBudget | undefined): boolean {
  if (now.remaining > now.limit * noteworthyShare) return false;
  const isNewWindow = told === undefined || told.resetsAt < now.resetsAt;
  return isNewWindow || told.remaining - now.remaining >= now.limit * noteStepShare;
}

/** The later window; within one, the lower number, since answers may arrive out of order. */
export function latestBudget(one: CallBudget | undefined, other: CallBudget | undefined) {
  if (!one || !other) return one ?? other;
  if (one.resetsAt !== other.resetsAt) return one.resetsAt > other.resetsAt ? one : other;
  return one.remaining <= other.remaining ? one : other;
}

const seconds = (milliseconds: number) => Math.max(1, Math.ceil(milliseconds / 1000));
