import type { Micros } from '../core/micros.ts';

/** Current spot prices, by pool. */
export interface SpotPrices {
  /**
   * For an hour, by `spotPool`. A pool without a known price is missing, and all are if EC2 does not answer in time: it
   * never throws, because starting a machine matters more than knowing its price.
   */
  now(instanceTypes: readonly string[]): Promise<ReadonlyMap<string, Micros>>;
}

export const spotPool = (instanceType: string, zone: string) => `${instanceType}:${zone}`;
