/**
 * EC2's spot prices: by pool, changing every few minutes, read through the real adapter, whose calls are lost in some
 * seeds. This draws from its own random generator.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html
 */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { createSpotPrices } from '../../../lib/adapters/ec2/spot-prices.ts';
import { onDemandPrice } from '../../../lib/core/price-list.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import { type SpotPrices, spotPool } from '../../../lib/ports/spot-prices.ts';
import type { Telemetry } from '../../../lib/ports/telemetry.ts';
import { createRandom } from '../random.ts';

interface Pool {
  readonly instanceType: string;
  readonly zone: string;
}

export interface SpotMarket {
  /** As one copy of a function sees them, with its own cache. */
  ofCopy(id: number): SpotPrices;
  /** All prices in force at some moment between these two, in micro-dollars for an hour. */
  pricesBetween(pool: Pool, from: number, to: number): number[];
  /** Whether this was one of them. Called for each record each minute, and mostly true for one of the first. */
  hadPrice(pool: Pool, price: number, between: { from: number; to: number }): boolean;
  /** Whether a call was lost between these two moments. */
  lostBetween(from: number, to: number): boolean;
  /** From now on this many calls of a hundred are lost; and the prices are this seed's. */
  begin(options: { seed: number; lostInHundred: number }): void;
}

export const zones = ['us-east-1a', 'us-east-1b'];
const region = 'us-east-1';
const movesEveryMilliseconds = 180_000;
const copies = 2;

export function createSpotMarket(clock: Clock, telemetry: Telemetry): SpotMarket {
  let seed = 0;
  let lostInHundred = 0;
  let random = createRandom(0);
  const lostAt: number[] = [];

  const periodAt = (at: number) => Math.floor(at / movesEveryMilliseconds);
  /** Cached by pool and period: the auditor asks for each of them again and again. */
  const known = new Map<string, Map<number, number>>();
  function priceIn(period: number, { instanceType, zone }: Pool): number {
    const pool = spotPool(instanceType, zone);
    const ofPool = known.get(pool) ?? new Map<number, number>();
    if (ofPool.size === 0) known.set(pool, ofPool);
    const price = ofPool.get(period) ?? newPrice(period, { pool, instanceType });
    ofPool.set(period, price);
    return price;
  }

  function newPrice(period: number, { pool, instanceType }: { pool: string; instanceType: string }): number {
    const name = [...pool].reduce(
      (sum, letter) => (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) | 0,
      seed,
    );
    const share = 0.25 + 0.25 * createRandom((name ^ period) | 0).fraction();
    return Math.round((onDemandPrice(region, instanceType) ?? 100_000) * share);
  }

  /**
   * For each pool the price in force since the last change, and the one before, because EC2 also returns the price in
   * force at a start time.
   */
  async function send({ input }: { input: { InstanceTypes?: readonly string[] } }) {
    await clock.sleep(random.between(20, 600));
    if (random.chance(lostInHundred / 100)) {
      lostAt.push(clock.now());
      throw new Error('The call was lost.');
    }
    const now = periodAt(clock.now());
    return {
      SpotPriceHistory: (input.InstanceTypes ?? []).flatMap((InstanceType) =>
        zones.flatMap((AvailabilityZone) =>
          [now, now - 1].map((period) => ({
            ...{ InstanceType, AvailabilityZone, Timestamp: new Date(period * movesEveryMilliseconds) },
            SpotPrice: String(
              priceIn(period, { instanceType: InstanceType, zone: AvailabilityZone }) / 1_000_000,
            ),
          })),
        ),
      ),
    };
  }

  const clients = { pricing: { send } as unknown as EC2Client };
  const adapters = Array.from({ length: copies }, () => createSpotPrices({ clients, telemetry, clock }));
  return {
    ofCopy: (id) => adapters[id % copies]!,
    pricesBetween: (pool, from, to) =>
      Array.from({ length: periodAt(to) - periodAt(from) + 1 }, (_, n) => priceIn(periodAt(from) + n, pool)),
    hadPrice(pool, price, { from, to }) {
      for (let period = periodAt(from); period <= periodAt(to); period++)
        if (priceIn(period, pool) === price) return true;
      return false;
    },
    lostBetween: (from, to) => lostAt.some((at) => at >= from && at <= to),
    begin(options) {
      ({ seed, lostInHundred } = options);
      known.clear();
      random = createRandom(seed * 5881 + 29);
    },
  };
}
