/**
 * How many copies of functions an account may run at once, and what part of that is reserved for some: such a function
 * has its share whatever the others do, and never more; all others share the rest. An invocation that finds nothing free
 * is throttled.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */

/** AWS refuses a deployment that leaves less for functions without a reservation; in older accounts it is 100. */
const leastUnreserved = 10;

export class AccountConcurrency {
  readonly #limit: number;
  readonly #shares = new Map<string, number>();
  readonly #running = new Map<string, number>();

  /** @param limit default: none */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  /** @throws Error if too little would be left for the functions without a reservation */
  reserve(name: string, copies: number): void {
    const others = [...this.#shares].filter(([other]) => other !== name);
    const left = this.#limit - copies - others.reduce((sum, [, share]) => sum + share, 0);
    if (left < leastUnreserved) {
      throw new Error(
        `ReservedConcurrentExecutions of ${name} is ${copies}, which leaves ${left} of the account's ${this.#limit} ` +
          `unreserved; AWS requires at least ${leastUnreserved}. Reserve less, or request a higher quota.`,
      );
    }
    this.#shares.set(name, copies);
  }

  /** @returns a function that ends the copy; undefined: throttled */
  take(name: string): (() => void) | undefined {
    if (this.#free(name) < 1) return undefined;
    this.#running.set(name, (this.#running.get(name) ?? 0) + 1);
    return () => this.#running.set(name, this.#running.get(name)! - 1);
  }

  #free(name: string): number {
    const share = this.#shares.get(name);
    if (share !== undefined) return share - (this.#running.get(name) ?? 0);
    const reserved = [...this.#shares.values()].reduce((sum, copies) => sum + copies, 0);
    const shared = [...this.#running].filter(([other]) => !this.#shares.has(other));
    return this.#limit - reserved - shared.reduce((sum, [, copies]) => sum + copies, 0);
  }
}
