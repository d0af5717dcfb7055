/**
 * Hears from each answer of GitHub what is left of the installation's budget, refusals included, and puts it on the answer
 * of the port's own call, however many calls to GitHub that took. Calls that run at the same time do not mix.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallBudget } from '../../core/github-budget.ts';
import type { Answer } from '../../ports/github.ts';
import type { Headers } from './app-client.ts';

export interface BudgetListener {
  /** @throws what the request throws */
  from(request: Promise<{ readonly data: unknown; readonly headers: Headers }>): Promise<unknown>;
  during<Value>(call: () => Promise<Answer<Value>>): Promise<Answer<Value>>;
}

export function createBudgetListener(): BudgetListener {
  const calls = new AsyncLocalStorage<{ budget: CallBudget | undefined }>();
  const hear = (headers: Headers | undefined) => {
    const call = calls.getStore();
    if (call) call.budget = budgetOf(headers ?? {}) ?? call.budget;
  };
  return {
    async from(request) {
      try {
        const { data, headers } = await request;
        hear(headers);
        return data;
      } catch (error) {
        hear((error as { response?: { headers?: Headers } }).response?.headers);
        throw error;
      }
    },
    during: (call) => {
      const heard: { budget: CallBudget | undefined } = { budget: undefined };
      return calls.run(heard, async () => {
        const answer = await call();
        return heard.budget ? { ...answer, budget: heard.budget } : answer;
      });
    },
  };
}

/** Undefined: the answer does not say. */
function budgetOf(headers: Headers): CallBudget | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
    Number(headers[`x-ratelimit-${name}`] ?? Number.NaN),
  ) as [number, number, number];
  const isWhole = [limit, remaining, reset].every(Number.isFinite) && limit > 0;
  return isWhole ? { limit, remaining, resetsAt: reset * 1000 } : undefined;
}
