/**
 * Groups concurrent calls of one kind in one process. Those that are answered at about the same time continue together, so
 * that the writes that follow take one call for all of them. A single call waits for nothing.
 */
import type { Clock } from '../../ports/clock.ts';

interface Calls {
  underWay: number;
  /** Answered, and waiting for the others. */
  waiting: (() => void)[];
}

const callsOf = new WeakMap<object, Calls>();

export interface SideBySide {
  /** The target of the calls: each has only one kind of them. */
  readonly to: object;
  readonly clock: Clock;
  /** How long the first answered one waits for the others. */
  readonly milliseconds: number;
}

/** Resolves with the answer at once; `together` resolves when the calls beside it are answered, or a moment later. */
export async function askBesideOthers<Answer>(
  { to, clock, milliseconds }: SideBySide,
  ask: () => Promise<Answer>,
): Promise<{ readonly answer: Answer; together(): Promise<void> }> {
  const calls = callsOf.get(to) ?? { underWay: 0, waiting: [] };
  callsOf.set(to, calls);
  calls.underWay += 1;
  try {
    return { answer: await ask(), together: () => waitForOthers(clock, milliseconds, calls) };
  } finally {
    calls.underWay -= 1;
  }
}

async function waitForOthers(clock: Clock, milliseconds: number, calls: Calls): Promise<void> {
  const { waiting } = calls;
  if (calls.underWay === 0) return goOn(calls, waiting);
  const isFirst = waiting.length === 0;
  const others = new Promise<void>((resolve) => waiting.push(resolve));
  if (isFirst) void clock.sleep(milliseconds).then(() => goOn(calls, waiting));
  await others;
}

function goOn(calls: Calls, waiting: (() => void)[]): void {
  if (calls.waiting === waiting) calls.waiting = [];
  for (const resolve of waiting.splice(0)) resolve();
}
