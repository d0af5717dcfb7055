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
  /** Whose turn is when, by `installation/tier`. */
  readonly turns: Readonly<Record<string, Place>>;
  readonly slowedAt: number;
}

/** Both epoch milliseconds. */
interface Place {
  readonly at: number;
  /** When it is called up: before its turn, if the pace slowed down meanwhile, and then once more. */
  readonly calledAt: number;
}

export type Turn =
  /** It may call, after so long. */
  | { readonly kind: 'go'; readonly waitMilliseconds: number }
  /** `fresh`: somebody must call it up then; else that is under way. */
  | { readonly kind: 'wait'; readonly at: number; readonly fresh: boolean };

interface Asked {
  readonly pace: LaunchPace;
  readonly turn: Turn;
}

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
  const step = spacing({ callsPerSecond });
  const nextCallAt = Math.max(pace.nextCallAt, now + step);
  // The line keeps its order, and moves back.
  const line = Object.entries(pace.turns).sort(([, a], [, b]) => a.at - b.at);
  const turns = line.map(([place, { at, calledAt }], n) => {
    const later: Place = { at: Math.max(at, nextCallAt + n * step), calledAt };
    return [place, later] as const;
  });
  const lineEndsAt = Math.max(pace.lineEndsAt, nextCallAt + line.length * step);
  return { callsPerSecond, nextCallAt, lineEndsAt, turns: Object.fromEntries(turns), slowedAt: now };
}

/** EC2 took a call. `called`: the next in line, whose turn is at once. */
export function spedUp(pace: LaunchPace, now: number): { pace: LaunchPace; called: string[] } {
  const callsPerSecond = Math.min(fastest, pace.callsPerSecond * 2);
  const called = Object.entries(pace.turns)
    .filter(([, { at }]) => at > now)
    .sort(([, a], [, b]) => a.at - b.at)
    .slice(0, 2)
    .map(([place]) => place);
  const atOnce = called.map((place) => [place, { at: now, calledAt: now }] as const);
  const turns = { ...pace.turns, ...Object.fromEntries(atOnce) };
  const lineEndsAt = Math.max(now, ...Object.values(turns).map(({ at }) => at));
  return { pace: { ...pace, callsPerSecond, turns, lineEndsAt }, called };
}

/** Asks to make one call now; a `go` uses the turn up. */
export function askTurn(before: LaunchPace, place: string, now: number): Asked {
  const pace = withoutMissed(before, now);
  const own = pace.turns[place];
  if (own && own.at > now) return own.calledAt > now ? waitFor(pace, own.at) : callUp(pace, place, own.at);
  const { [place]: _own, ...others } = pace.turns;
  const isNext = own !== undefined || Object.keys(others).length === 0;
  const call = isNext ? callNow(pace, now) : undefined;
  if (call) {
    const { waitMilliseconds } = call;
    const lineEndsAt = Math.max(pace.lineEndsAt, call.pace.nextCallAt);
    return { pace: { ...call.pace, turns: others, lineEndsAt }, turn: { kind: 'go', waitMilliseconds } };
  }
  return own ? callUp(pace, place, pace.nextCallAt) : lineUp(pace, place, now);
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
export function lineUp(pace: LaunchPace, place: string, now: number): Asked {
  const own = pace.turns[place];
  if (own) return waitFor(pace, own.at);
  const at = Math.max(pace.lineEndsAt, pace.nextCallAt, now) + spacing(pace);
  const isFull = Object.keys(pace.turns).length >= longestLine;
  return isFull ? waitFor(pace, at) : callUp({ ...pace, lineEndsAt: at }, place, at);
}

const waitFor = (pace: LaunchPace, at: number): Asked => ({ pace, turn: { kind: 'wait', at, fresh: false } });

function callUp(pace: LaunchPace, place: string, at: number): Asked {
  const turns = { ...pace.turns, [place]: { at, calledAt: at } };
  return { pace: { ...pace, turns }, turn: { kind: 'wait', at, fresh: true } };
}

function withoutMissed(pace: LaunchPace, now: number): LaunchPace {
  const turns = Object.entries(pace.turns).filter(
    ([, { at, calledAt }]) => Math.max(at, calledAt) > now - missedMilliseconds,
  );
  return { ...pace, turns: Object.fromEntries(turns) };
}
