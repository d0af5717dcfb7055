/**
 * Reads from each of GitHub's responses, refusals included, what is left of the installation's budget, and adds it to the
 * answer of the port's call, however many requests that took. Concurrent calls do not mix.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Budgets, CallBudget } from '../../core/github-budget.ts';
import type { Answer } from '../../ports/github.ts';
import type { Headers } from './app-client.ts';
import { resourceOf } from './classify.ts';

export interface BudgetListener {
  /** @throws what the request throws */
  from(request: Promise<{ readonly data: unknown; readonly headers: Headers }>): Promise<unknown>;
  during<Value>(call: () => Promise<Answer<Value>>): Promise<Answer<Value>>;
}

export function createBudgetListener(): BudgetListener {
  const calls = new AsyncLocalStorage<{ budgets: Budgets | undefined }>();
  const hear = (headers: Headers | undefined) => {
    const call = calls.getStore();
    const budget = budgetOf(headers ?? {});
    if (call && budget) call.budgets = { ...call.budgets, [budget.resource]: budget };
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
      const heard: { budgets: Budgets | undefined } = { budgets: undefined };
      return calls.run(heard, async () => {
        const answer = await call();
        return heard.budgets ? { ...answer, budgets: heard.budgets } : answer;
      });
    },
  };
}

/** Undefined: the response does not say, or it is a budget that is not used here. */
function budgetOf(headers: Headers): CallBudget | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
    Number(headers[`x-ratelimit-${name}`] ?? Number.NaN),
  ) as [number, number, number];
  const isWhole = [limit, remaining, reset].every(Number.isFinite) && limit > 0;
  const resource = resourceOf(headers);
  return isWhole && resource ? { resource, limit, remaining, resetsAt: reset * 1000 } : undefined;
}
