/**
 * How many requests may wait for questions at once. Each occupies a copy of the API's function while it waits, so only a
 * few may: other calls always find a copy, and one owner's controllers do not take all the places. A request that finds
 * no place is answered at once.
 */
import type { InstallationId } from '../ids.ts';

export interface LongPoll {
  readonly id: string;
  readonly owner: InstallationId;
  /** Epoch milliseconds. From then on it no longer counts, whether or not it ended properly. */
  readonly until: number;
}

export interface LongPollBounds {
  readonly inAll: number;
  readonly ofOwner: number;
}

/** Of the ten copies that a new account has. */
const withoutReserve = 4;

/** @param reserved the copies reserved for the function; undefined: it shares the account's with all others */
export function longPollBounds(reserved: number | undefined): LongPollBounds {
  const inAll = reserved === undefined ? withoutReserve : Math.floor(reserved / 2);
  return { inAll, ofOwner: Math.min(inAll, Math.max(2, Math.floor(inAll / 4))) };
}

/** Those that wait from now on; undefined: there is no room for this one. */
export function addLongPoll(
  open: readonly LongPoll[],
  added: LongPoll,
  { bounds, now }: { readonly bounds: LongPollBounds; readonly now: number },
): readonly LongPoll[] | undefined {
  const waiting = open.filter(({ until }) => now < until);
  const own = waiting.filter(({ owner }) => owner === added.owner);
  return waiting.length < bounds.inAll && own.length < bounds.ofOwner ? [...waiting, added] : undefined;
}
