/** Deadlines in virtual time, so that a test of one does not wait. */

/** Replaces `AbortSignal.timeout`, until it is restored. */
function takeSignalTime() {
  const { timeout } = AbortSignal;
  const waiting: { readonly at: number; readonly controller: AbortController }[] = [];
  let now = 0;
  AbortSignal.timeout = (milliseconds) => {
    const controller = new AbortController();
    waiting.push({ at: now + milliseconds, controller });
    return controller.signal;
  };
  return {
    isTaken: () => waiting.length > 0,
    advance(milliseconds: number): void {
      now += milliseconds;
      const why = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
      for (const { at, controller } of waiting) if (at <= now) controller.abort(why);
    },
    giveBack(): void {
      AbortSignal.timeout = timeout;
    },
  };
}

/** A request that gets no answer until its signal aborts it. */
export const unanswered = (signal: AbortSignal | null | undefined): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));

const turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * How long, in virtual milliseconds, until the work fails: in steps of a tenth of a second, for ten minutes at most.
 */
export async function failsAfter(begin: () => Promise<unknown>): Promise<number | undefined> {
  const time = takeSignalTime();
  let hasFailed = false;
  try {
    void begin().catch(() => {
      hasFailed = true;
    });
    while (!time.isTaken() && !hasFailed) await turn();
    for (let elapsed = 0; elapsed <= 600_000; elapsed += 100) {
      if (elapsed > 0) time.advance(100);
      for (let turns = 0; turns < 3; turns++) await turn();
      if (hasFailed) return elapsed;
    }
    return undefined;
  } finally {
    time.giveBack();
  }
}

/**
 * The timers that end the work's attempts, in milliseconds: the shortest running one ends at once.
 * @param isTime whether to end the next one, given how many have ended; until then the attempt proceeds as usual
 */
export async function timersUntilFailure(
  begin: () => Promise<unknown>,
  isTime: (ended: number) => boolean = () => true,
): Promise<number[]> {
  const { setTimeout: start, clearTimeout: stop } = globalThis;
  const running = new Map<object, { readonly milliseconds: number; readonly end: () => void }>();
  const ended: number[] = [];
  const fake = {
    setTimeout: (end: () => void, milliseconds = 0) => {
      const timer = {};
      running.set(timer, { milliseconds, end });
      return timer;
    },
    clearTimeout: (timer: object | undefined) => void (timer && running.delete(timer)),
  };
  Object.assign(globalThis, fake);
  try {
    let hasFailed = false;
    void begin().catch(() => {
      hasFailed = true;
    });
    while (!hasFailed) {
      await new Promise((resolve) => start(resolve, 5));
      const [first] = [...running].toSorted(([, one], [, other]) => one.milliseconds - other.milliseconds);
      if (hasFailed || !first || !isTime(ended.length)) continue;
      const [timer, { milliseconds, end }] = first;
      running.delete(timer);
      ended.push(milliseconds);
      end();
    }
    return ended;
  } finally {
    Object.assign(globalThis, { setTimeout: start, clearTimeout: stop });
  }
}
