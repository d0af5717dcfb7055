/**
 * How many calls to GitHub one piece of work may still make. A tenant whose budget is short is left alone at once:
 * its own registrations need what is left, and another run comes in minutes.
 */
import type { Answer } from '../../ports/github.ts';

export class CallAllowance {
  #left: number;

  constructor(calls: number) {
    this.#left = calls;
  }

  get isSpent(): boolean {
    return this.#left <= 0;
  }

  /** @returns undefined where no call is left, or GitHub asked for fewer: then none is left either */
  async ask<Value>(call: () => Promise<Answer<Value>>, cost = 1): Promise<Answer<Value> | undefined> {
    if (this.#left < cost) {
      this.#left = 0;
      return undefined;
    }
    this.#left -= cost;
    const answer = await call();
    if (answer.ok || answer.refusal.kind !== 'limited') return answer;
    this.#left = 0;
    return undefined;
  }
}
