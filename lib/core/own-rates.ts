/**
 * What an operator charges for machines, if not AWS's cost: by tier, for a minute, from a day on. The rate of
 * a machine is fixed as it is launched and kept with it.
 */
import type { Micros } from './micros.ts';

export interface OwnRates {
  /** By tier, the earliest first. */
  readonly tiers: Readonly<Record<string, readonly DatedRate[]>>;
  /** The time of each machine is rounded up to this many seconds. */
  readonly roundSeconds: number;
  /** Of each tenant in each month, over all tiers. */
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

/** @returns undefined where none is in force at that time (epoch milliseconds) for the tier */
export function ownRateAt(rates: OwnRates | undefined, tier: string, at: number): OwnRate | undefined {
  const dated = rates && Object.hasOwn(rates.tiers, tier) ? rates.tiers[tier] : undefined;
  const rate = dated?.findLast(({ from }) => Date.parse(from) <= at);
  return rates && rate && { ...rate, roundSeconds: rates.roundSeconds };
}

export function chargeOf({ minute, roundSeconds }: OwnRate, milliseconds: number): Charge {
  const seconds = Math.ceil(Math.max(0, milliseconds) / 1000 / roundSeconds) * roundSeconds;
  return { seconds, amount: Math.round((minute * seconds) / 60) };
}
