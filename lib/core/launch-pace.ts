/**
 * The pace of CreateFleet calls while EC2 throttles, for the whole cell: one call a second at most, and a line of who
 * comes next. Each tenant and tier has one place in the line, so that all get calls in turn, however many jobs each has.
 * There is no pace in ordinary times: it begins with a throttle, slows down with each further one, doubles with each
 * success, and is forgotten two minutes after the last trouble.
 */
export interface LaunchPace {
  readonly callsPerSecond: number;
  /** No call before then, epoch milliseconds. */
  readonly nextCallAt: number;
  /** Where the line ends, epoch milliseconds. */
  readonly lineEndsAt: number;
  /** When whose turn is, by `installation/tier`, epoch milliseconds. */
  readonly turns: Readonly<Record<string, number>>;
  readonly slowedAt: number;
}

export type Turn =
  /** It may call, after so long. */
  | { readonly kind: 'go'; readonly waitMilliseconds: number }
  /** `fresh`: its turn was given out just now, so somebody must call it up then. */
  | { readonly kind: 'wait'; readonly at: number; readonly fresh: boolean };

const fastest = 4;
const slowest = 0.25;
/** Answers to calls that were made before the pace was known do not slow it down again. */
const settleMilliseconds = 3_000;
/** A function waits no longer than this for its turn; after that it comes again. */
export const longestHoldMilliseconds = 2_000;
/** Whoever did not come within this of its turn has lost it. */
const missedMilliseconds = 60_000;
/** The note stays small; whoever finds no place comes again with the sweep. */
const longestLine = 2_000;
const memoryMilliseconds = 120_000;

export const paceExpiresAt = (pace: LaunchPace, now: number) =>
  Math.max(now, pace.nextCallAt, pace.lineEndsAt) + memoryMilliseconds;

const spacing = (pace: { callsPerSecond: number }) => Math.ceil(1000 / pace.callsPerSecond);

/** EC2 answered that there were too many calls. */
export function slowedDown(pace: LaunchPace | undefined, now: number): LaunchPace {
  if (!pace) {
    const nextCallAt = now + 1000;
    return { callsPerSecond: 1, nextCallAt, lineEndsAt: nextCallAt, turns: {}, slowedAt: now };
  }
  if (now < pace.slowedAt + settleMilliseconds) return pace;
  const callsPerSecond = Math.max(slowest, Math.min(1, pace.callsPerSecond / 2));
  const nextCallAt = Math.max(pace.nextCallAt, now + spacing({ callsPerSecond }));
  return { ...pace, callsPerSecond, nextCallAt, slowedAt: now };
}

/** EC2 took a call. `called`: the next in line, whose turn is at once. */
export function spedUp(pace: LaunchPace, now: number): { pace: LaunchPace; called: string[] } {
  const callsPerSecond = Math.min(fastest, pace.callsPerSecond * 2);
  const called = Object.entries(pace.turns)
    .filter(([, at]) => at > now)
    .sort(([, a], [, b]) => a - b)
    .slice(0, 2)
    .map(([place]) => place);
  const turns = { ...pace.turns, ...Object.fromEntries(called.map((place) => [place, now])) };
  const lineEndsAt = Math.max(now, ...Object.values(turns));
  return { pace: { ...pace, callsPerSecond, turns, lineEndsAt }, called };
}

/** Asks to make one call now; a `go` uses the turn up. */
export function askTurn(before: LaunchPace, place: string, now: number): { pace: LaunchPace; turn: Turn } {
  const pace = withoutMissed(before, now);
  const own = pace.turns[place];
  if (own !== undefined && own > now) return { pace, turn: { kind: 'wait', at: own, fresh: false } };
  const { [place]: _own, ...others } = pace.turns;
  const waitMilliseconds = Math.max(0, pace.nextCallAt - now);
  const isNext = own !== undefined || Object.keys(others).length === 0;
  if (isNext && waitMilliseconds <= longestHoldMilliseconds) {
    const nextCallAt = now + waitMilliseconds + spacing(pace);
    const lineEndsAt = Math.max(pace.lineEndsAt, nextCallAt);
    return {
      pace: { ...pace, turns: others, nextCallAt, lineEndsAt },
      turn: { kind: 'go', waitMilliseconds },
    };
  }
  return lineUp({ ...pace, turns: others }, place, now);
}

/** Asks to make one call now or not at all, without a place in the line. */
export function callNow(
  pace: LaunchPace,
  now: number,
): { pace: LaunchPace; waitMilliseconds: number } | undefined {
  const waitMilliseconds = Math.max(0, pace.nextCallAt - now);
  if (waitMilliseconds > longestHoldMilliseconds) return undefined;
  return { pace: { ...pace, nextCallAt: now + waitMilliseconds + spacing(pace) }, waitMilliseconds };
}

/** Gives the place a turn at the end of the line, if it has none. */
export function lineUp(pace: LaunchPace, place: string, now: number): { pace: LaunchPace; turn: Turn } {
  const own = pace.turns[place];
  if (own !== undefined) return { pace, turn: { kind: 'wait', at: own, fresh: false } };
  const at = Math.max(pace.lineEndsAt, pace.nextCallAt, now) + spacing(pace);
  if (Object.keys(pace.turns).length >= longestLine)
    return { pace, turn: { kind: 'wait', at, fresh: false } };
  const lined = { ...pace, turns: { ...pace.turns, [place]: at }, lineEndsAt: at };
  return { pace: lined, turn: { kind: 'wait', at, fresh: true } };
}

function withoutMissed(pace: LaunchPace, now: number): LaunchPace {
  const turns = Object.entries(pace.turns).filter(([, at]) => at > now - missedMilliseconds);
  return { ...pace, turns: Object.fromEntries(turns) };
}
