/**
 * How events may reach a target: not at all, once or twice, and late, so that later ones overtake them. EventBridge delivers at
 * least once and in no order, and gets EC2's events on a best-effort basis. A schedule may come twice and late too, and is
 * never lost: "the same rule can be run more than once for a single event or scheduled time", and a function may "receive
 * the same event from Lambda multiple times", because the queue of asynchronous invocations is eventually consistent.
 * Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html,
 * https://docs.aws.amazon.com/eventbridge/latest/ref/event-delivery-level.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export interface EventTrouble {
  /** Chances between 0 and 1. */
  readonly loseProbability: number;
  readonly duplicateProbability: number;
  readonly delayProbability: number;
  /** The longest. */
  readonly delayMilliseconds: number;
}

const none: EventTrouble = {
  loseProbability: 0,
  duplicateProbability: 0,
  delayProbability: 0,
  delayMilliseconds: 0,
};

export class TroubledDelivery {
  readonly #fraction: () => number;
  readonly #timers = new Set<NodeJS.Timeout>();
  #trouble = none;

  constructor(fraction: () => number = Math.random) {
    this.#fraction = fraction;
  }

  /** Absent: each event comes once, and at once. */
  disturb(trouble: EventTrouble = none): void {
    this.#trouble = trouble;
  }

  /** Resolves after the last delivery. */
  async deliver(once: () => Promise<void>): Promise<void> {
    if (!this.#strikes('loseProbability')) await this.deliverSurely(once);
  }

  /** At least once. */
  async deliverSurely(once: () => Promise<void>): Promise<void> {
    const times = this.#strikes('duplicateProbability') ? [1, 2] : [1];
    await Promise.all(
      times.map(async () => {
        if (this.#strikes('delayProbability')) await this.#pause();
        await once();
      }),
    );
  }

  /** Drops what is late. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #strikes(name: 'loseProbability' | 'duplicateProbability' | 'delayProbability'): boolean {
    return this.#trouble[name] > 0 && this.#fraction() < this.#trouble[name];
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, this.#fraction() * this.#trouble.delayMilliseconds);
      this.#timers.add(timer);
    });
  }
}
