/**
 * How many calls to GitHub one piece of work may still make, until when, and how fast. Work for a tenant whose
 * budget is low stops at once: its own registrations need the rest, and another run comes in minutes.
 */
import type { GitHubRefusal } from '../../core/github.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Answer } from '../../ports/github.ts';

/** For work of many calls: GitHub limits how many there are in a minute. */
export interface Pace {
  readonly clock: Clock;
  /** Epoch milliseconds. */
  readonly until: number;
  /** Minimum time between two calls. */
  readonly millisecondsApart: number;
}

/** What `ask` passes on: a rate limit ends the allowance instead. */
type Unlimited<Value> =
  | Extract<Answer<Value>, { readonly ok: true }>
  | { readonly ok: false; readonly refusal: Exclude<GitHubRefusal, { readonly kind: 'limited' }> };

export class CallAllowance {
  #left: number;
  #nextAt = 0;
  readonly #pace: Pace | undefined;

  constructor(calls: number, pace?: Pace) {
    this.#left = calls;
    this.#pace = pace;
  }

  get isSpent(): boolean {
    return this.#left <= 0 || (this.#pace !== undefined && this.#pace.clock.now() >= this.#pace.until);
  }

  /** @returns undefined if no call is left, or GitHub rate-limited one: then none is left either */
  async ask<Value>(call: () => Promise<Answer<Value>>, cost = 1): Promise<Unlimited<Value> | undefined> {
    if (this.isSpent || this.#left < cost) {
      this.#left = 0;
      return undefined;
    }
    this.#left -= cost;
    await this.#turn();
    const answer = await call();
    if (answer.ok) return answer;
    const { refusal } = answer;
    if (refusal.kind !== 'limited') return { ok: false, refusal };
    this.#left = 0;
    return undefined;
  }

  async #turn(): Promise<void> {
    if (!this.#pace) return;
    const { clock, millisecondsApart } = this.#pace;
    const now = clock.now();
    if (now < this.#nextAt) await clock.sleep(this.#nextAt - now);
    this.#nextAt = Math.max(now, this.#nextAt) + millisecondsApart;
  }
}
