/**
 * What an operator charges for machines, instead of AWS's cost: by tier, per minute, from a given day. A machine's rate
 * is fixed at its launch and stored with it.
 */
import type { Micros } from './micros.ts';

export interface OwnRates {
  /** By tier, the earliest first. */
  readonly tiers: Readonly<Record<string, readonly DatedRate[]>>;
  /** The time of each machine is rounded up to this many seconds. */
  readonly roundSeconds: number;
  /** For each tenant and month, over all tiers. */
  readonly freeMinutes: number;
}

export interface DatedRate {
  /** The day, in UTC, from which it is in force. */
  readonly from: string;
  readonly minute: Micros;
}

/** Of one machine. */
export interface OwnRate extends DatedRate {
  readonly roundSeconds: number;
}

export interface Charge {
  /** Rounded up. */
  readonly seconds: number;
  readonly amount: Micros;
}

/** @returns undefined if none is in force for the tier at that time (epoch milliseconds) */
export function ownRateAt(rates: OwnRates | undefined, tier: string, at: number): OwnRate | undefined {
  const dated = rates && Object.hasOwn(rates.tiers, tier) ? rates.tiers[tier] : undefined;
  const rate = dated?.findLast(({ from }) => Date.parse(from) <= at);
  return rates && rate && { ...rate, roundSeconds: rates.roundSeconds };
}

export function chargeOf({ minute, roundSeconds }: OwnRate, milliseconds: number): Charge {
  const seconds = Math.ceil(Math.max(0, milliseconds) / 1000 / roundSeconds) * roundSeconds;
  return { seconds, amount: Math.round((minute * seconds) / 60) };
}
