/** Spot prices in memory: of the pools that were given one. */
import type { SpotPrices } from '../../lib/ports/spot-prices.ts';

export interface MemorySpotPrices extends SpotPrices {
  /** Micro-dollars for an hour, by `spotPool`. */
  readonly pools: Map<string, number>;
}

export function createMemorySpotPrices(): MemorySpotPrices {
  const pools = new Map<string, number>();
  return {
    pools,
    now: async (instanceTypes) =>
      new Map([...pools].filter(([pool]) => instanceTypes.includes(pool.split(':')[0]!))),
  };
}
