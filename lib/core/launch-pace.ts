/**
 * The pace of CreateFleet calls while EC2 throttles, for the whole cell, and the line of tenants that want one. Each
 * tenant and tier has one place in the line, so that all get calls in turn, however many jobs each has. Usually there is
 * no pace: it begins with a throttle, at the rate at which EC2 refills its bucket. Each call makes it a little faster,
 * each further throttle halves it, and then it grows slowly above half of the rate that was too fast. It is dropped two
 * minutes after the last throttle.
 */
export interface LaunchPace {
  readonly callsPerSecond: number;
  /** Above this it grows slowly: half of the last rate that was too fast. Absent: none is known to be too fast. */
  readonly cautiousFrom?: number;
  /** No call before then, epoch milliseconds. */
  readonly nextCallAt: number;
  /** Where the line ends, epoch milliseconds. */
  readonly lineEndsAt: number;
  /** The turns of all places in the line, by `installation/tier`. */
  readonly turns: Readonly<Record<string, TurnTimes>>;
  readonly slowedAt: number;
}

/** Both epoch milliseconds. */
interface TurnTimes {
  readonly at: number;
  /** When it is woken. If the pace has slowed down since, that is before its turn, and it is woken again. */
  readonly calledAt: number;
}

export type Turn =
  /** It may call, after this delay. */
  | { readonly kind: 'go'; readonly waitMilliseconds: number }
  /** `fresh`: the turn is new, and the caller must schedule a wake-up for it; otherwise one is scheduled already. */
  | { readonly kind: 'wait'; readonly at: number; readonly fresh: boolean };

interface Asked {
  readonly pace: LaunchPace;
  readonly turn: Turn;
}

interface Waits extends Asked {
  readonly turn: Extract<Turn, { readonly kind: 'wait' }>;
}

/**
 * EC2's bucket for CreateFleet holds 50 calls and refills 5 a second: a caller that finds it empty may go on with these
 * five.
 * Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
const refillPerSecond = 5;
/** As fast as the full bucket allows: a brief throttle does not slow down for long. */
const fastest = 50;
const slowest = 0.25;
/** Factor for each call. EC2 throttles within 0.1 s, but takes longer to accept: no answer yet is a good sign. */
const growth = 1.3;
/** Calls a second, added with each call. */
const cautiousGrowth = 0.25;
/** A function waits no longer than this for its turn; for a later one it is woken again. */
export const longestHoldMilliseconds = 2_000;
/** A tenant that does not come within this time of its turn loses it. */
const missedMilliseconds = 60_000;
/** Keeps the note small; the sweep retries for tenants without a place. */
const longestLine = 2_000;
const memoryMilliseconds = 120_000;

/** A pace at its maximum with nobody in line is not kept. */
export function paceExpiresAt(pace: LaunchPace, now: number): number {
  const hasRecovered = pace.callsPerSecond === fastest && Object.keys(pace.turns).length === 0;
  const since = hasRecovered ? pace.slowedAt : Math.max(now, pace.nextCallAt, pace.lineEndsAt);
  return since + memoryMilliseconds;
}

const spacing = (pace: { callsPerSecond: number }) => Math.ceil(1000 / pace.callsPerSecond);

/**
 * EC2 answered that there were too many calls. An answer to a call from before the last change says nothing
 * about this pace.
 * @param call.askedAt when that call was made, epoch milliseconds
 */
export function slowedDown(
  pace: LaunchPace | undefined,
  { askedAt, now }: { readonly askedAt: number; readonly now: number },
): LaunchPace {
  if (!pace) {
    const nextCallAt = now + spacing({ callsPerSecond: refillPerSecond });
    return { callsPerSecond: refillPerSecond, nextCallAt, lineEndsAt: nextCallAt, turns: {}, slowedAt: now };
  }
  if (askedAt <= pace.slowedAt) return pace;
  const callsPerSecond = Math.max(slowest, pace.callsPerSecond / 2);
  const step = spacing({ callsPerSecond });
  const nextCallAt = Math.max(pace.nextCallAt, now + step);
  // The line keeps its order, and moves back.
  const line = Object.entries(pace.turns).sort(([, a], [, b]) => a.at - b.at);
  const turns = line.map(([place, { at, calledAt }], n) => {
    const later: TurnTimes = { at: Math.max(at, nextCallAt + n * step), calledAt };
    return [place, later] as const;
  });
  const lineEndsAt = Math.max(pace.lineEndsAt, nextCallAt + line.length * step);
  const slower = { callsPerSecond, cautiousFrom: callsPerSecond, nextCallAt, lineEndsAt, slowedAt: now };
  return { ...slower, turns: Object.fromEntries(turns) };
}

/** EC2 accepted a call. `called`: the next in line, whose turn is now. */
export function spedUp(pace: LaunchPace, now: number): { pace: LaunchPace; called: string[] } {
  const called = Object.entries(pace.turns)
    .filter(([, { at }]) => at > now)
    .sort(([, a], [, b]) => a.at - b.at)
    .slice(0, 2)
    .map(([place]) => place);
  const atOnce = called.map((place) => [place, { at: now, calledAt: now }] as const);
  const turns = { ...pace.turns, ...Object.fromEntries(atOnce) };
  const lineEndsAt = Math.max(now, ...Object.values(turns).map(({ at }) => at));
  return { pace: { ...pace, turns, lineEndsAt }, called };
}

/** Asks to make one call now; a `go` uses the turn up. */
export function askTurn(before: LaunchPace, place: string, now: number): Asked {
  const pace = withoutMissed(before, now);
  const own = pace.turns[place];
  if (own && own.at > now) return own.calledAt > now ? waitFor(pace, own.at) : callUp(pace, place, own.at);
  const { [place]: _own, ...others } = pace.turns;
  // A new caller goes at once if the line is still served in time; otherwise behind it.
  const lineMilliseconds = own ? 0 : Object.keys(others).length * spacing(pace);
  const hasTurn = pace.nextCallAt + lineMilliseconds <= now + longestHoldMilliseconds;
  const call = hasTurn ? callNow(pace, now) : undefined;
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
  const nextCallAt = now + waitMilliseconds + spacing(pace);
  return { pace: { ...pace, callsPerSecond: grown(pace), nextCallAt }, waitMilliseconds };
}

function grown({ callsPerSecond, cautiousFrom }: LaunchPace): number {
  const isCautious = cautiousFrom !== undefined && callsPerSecond >= cautiousFrom;
  return Math.min(fastest, isCautious ? callsPerSecond + cautiousGrowth : callsPerSecond * growth);
}

/** Gives the place a turn at the end of the line, if it has none. */
export function lineUp(pace: LaunchPace, place: string, now: number): Waits {
  const own = pace.turns[place];
  if (own) return waitFor(pace, own.at);
  const at = Math.max(pace.lineEndsAt, pace.nextCallAt, now) + spacing(pace);
  const isFull = Object.keys(pace.turns).length >= longestLine;
  return isFull ? waitFor(pace, at) : callUp({ ...pace, lineEndsAt: at }, place, at);
}

const waitFor = (pace: LaunchPace, at: number): Waits => ({ pace, turn: { kind: 'wait', at, fresh: false } });

function callUp(pace: LaunchPace, place: string, at: number): Waits {
  const turns = { ...pace.turns, [place]: { at, calledAt: at } };
  return { pace: { ...pace, turns }, turn: { kind: 'wait', at, fresh: true } };
}

function withoutMissed(pace: LaunchPace, now: number): LaunchPace {
  const turns = Object.entries(pace.turns).filter(
    ([, { at, calledAt }]) => Math.max(at, calledAt) > now - missedMilliseconds,
  );
  return { ...pace, turns: Object.fromEntries(turns) };
}
