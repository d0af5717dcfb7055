/**
 * Bounds the retries of all calls of one client, as the SDK's standard retries do: while a service fails most calls, trying each
 * of them again would only add to its load.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export type RetryKind = 'usual' | 'throttled';

export interface RetryBudget {
  /** False: there is nothing left for another attempt. */
  take(kind: RetryKind): boolean;
  /** A call succeeded, after a retry of this kind, or at once. */
  giveBack(kind: RetryKind | undefined): void;
}

const whole = 500;
const costs: Readonly<Record<RetryKind, number>> = { usual: 14, throttled: 5 };
const gainAtOnce = 1;

export function createRetryBudget(): RetryBudget {
  let left = whole;
  return {
    take(kind) {
      if (left < costs[kind]) return false;
      left -= costs[kind];
      return true;
    },
    giveBack(kind) {
      left = Math.min(whole, left + (kind === undefined ? gainAtOnce : costs[kind]));
    },
  };
}

/** For calls whose caller has a fallback. */
export const noRetries: RetryBudget = { take: () => false, giveBack: () => undefined };

/** For services that a function calls once. */
export const noRetryBudget: RetryBudget = { take: () => true, giveBack: () => undefined };
