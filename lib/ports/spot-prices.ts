import type { Micros } from '../core/micros.ts';

/** What spot machines cost at this moment, by pool. */
export interface SpotPrices {
  /**
   * For an hour, by `spotPool`. A pool of which nobody knows the price is not in it, and neither is any where EC2 could not be
   * asked in time: it never throws, because a machine is worth more than its price.
   */
  now(instanceTypes: readonly string[]): Promise<ReadonlyMap<string, Micros>>;
}

export const spotPool = (instanceType: string, zone: string) => `${instanceType}:${zone}`;
