/**
 * What is stored about a tenant's spending, in its row and with each of its leases; the rules are in
 * spend.ts.
 */
import type { TierName } from './ids.ts';
import type { Micros } from './micros.ts';

/** The spend caps of one tenant. The operator may edit them at any time. */
export interface SpendCaps {
  /** For a month; absent: none. */
  readonly month?: Micros;
  /** For a day; absent: none. */
  readonly day?: Micros;
  /** Whether each machine counts with the longest possible life. Absent: as the deployment says. */
  readonly strict?: boolean;
  /** Why the row's cap is invalid, as a sentence; nothing starts until it is corrected. */
  readonly unreadable?: string;
}

/** What one lease costs, fixed when it is taken. */
export interface LeaseCost {
  /** What it counts until its machine has ended. */
  readonly expected: Micros;
  /** The most that a machine of its tier costs in an hour. Absent: some type of the tier has no price. */
  readonly ceiling?: Micros;
  /** `expected` covers the longest life, because the tenant's caps are strict. Absent: they are not. */
  readonly strict?: true;
  /** The part of `expected` beyond the longest life: its machine was not ended in time. Absent: nothing. */
  readonly overrun?: Micros;
}

/** How a lease that goes back changes what is counted. */
export interface Settlement {
  /** When its launch was planned: in that day and month it counts. */
  readonly launchedAt: number;
  /** Its actual cost minus its expected cost. */
  readonly change: Micros;
  /** What was expected of it. */
  readonly expected: Micros;
  /** The part of that beyond the longest life; absent: nothing. */
  readonly overrun?: Micros;
  /** How long its machine lived, as the number of a range; absent: there was none. */
  readonly life?: number;
}

/**
 * How many machines of a tier lived for how long, by range: up to 60 seconds, 120, 240, and so on. The last range has no end.
 */
export type Lives = readonly number[];
export type LivesByTier = ReadonlyMap<TierName, Lives>;

/** The leases that a tenant holds, by the day of their launch. A lease that goes back is subtracted again. */
export interface HeldLeases {
  /** What they are expected to cost. */
  readonly expected: ReadonlyMap<string, Micros>;
  /** The sum of their launch times, in seconds since 1970. */
  readonly since: ReadonlyMap<string, ReadonlyMap<TierName, number>>;
  /** The part of `expected` beyond the longest lives. Absent: nothing. */
  readonly overrun?: ReadonlyMap<string, Micros>;
}
