/**
 * Spot prices by DescribeSpotPriceHistory, kept for ten minutes in each copy of a function: one call for all types of a
 * tier, and none for each job. They change slowly. A failed call is repeated after a minute at the earliest.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html
 */
import { DescribeSpotPriceHistoryCommand, type EC2Client, type SpotPrice } from '@aws-sdk/client-ec2';
import { type Micros, microsFrom } from '../../core/micros.ts';
import type { Clock } from '../../ports/clock.ts';
import { type SpotPrices, spotPool } from '../../ports/spot-prices.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Ec2Clients } from './clients.ts';

const keptMilliseconds = 600_000;
const keptFailureMilliseconds = 60_000;
/** Of up to 1,000 prices; a tier has a few types, and a region a few zones. */
const maxPages = 3;

interface Answer {
  readonly prices: ReadonlyMap<string, Micros>;
  readonly until: number;
}

export interface SpotPriceDeps {
  readonly clients: Pick<Ec2Clients, 'pricing'>;
  readonly telemetry: Telemetry;
  readonly clock: Pick<Clock, 'now'>;
}

export function createSpotPrices(deps: SpotPriceDeps): SpotPrices {
  const { clock } = deps;
  const answers = new Map<string, { until: number; answer: Promise<Answer> }>();
  return {
    async now(instanceTypes) {
      const types = [...new Set(instanceTypes)].toSorted();
      const key = types.join();
      const known = answers.get(key);
      if (known && clock.now() < known.until) return (await known.answer).prices;
      const entry = {
        until: clock.now() + keptFailureMilliseconds,
        answer: ask(deps, types),
      };
      answers.set(key, entry);
      const { prices, until } = await entry.answer;
      entry.until = until;
      return prices;
    },
  };
}

/** Returns none if EC2 cannot be reached: the machines' records then say that they have no price. */
async function ask(deps: SpotPriceDeps, instanceTypes: readonly string[]): Promise<Answer> {
  const now = deps.clock.now();
  try {
    const found = await history(deps.clients.pricing, instanceTypes, now);
    return { prices: pricesOf(found), until: now + keptMilliseconds };
  } catch (error) {
    deps.telemetry.event('warn', 'spot-price-unknown', { instanceTypes, error: String(error) });
    return { prices: new Map(), until: now + keptFailureMilliseconds };
  }
}

/** For a given start, the first prices are those that were in force then. */
async function history(client: EC2Client, types: readonly string[], now: number): Promise<SpotPrice[]> {
  const found: SpotPrice[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const { SpotPriceHistory = [], NextToken } = await client.send(
      new DescribeSpotPriceHistoryCommand({
        InstanceTypes: [...types] as SpotPrice['InstanceType'][] as never,
        ProductDescriptions: ['Linux/UNIX'],
        StartTime: new Date(now),
        ...(cursor ? { NextToken: cursor } : {}),
      }),
    );
    found.push(...SpotPriceHistory);
    cursor = NextToken || undefined;
    if (!cursor) break;
  }
  return found;
}

/** The latest price of each pool. */
function pricesOf(history: readonly SpotPrice[]): Map<string, Micros> {
  const since = (price: SpotPrice) => price.Timestamp?.getTime() ?? 0;
  return new Map(
    history
      .toSorted((one, other) => since(one) - since(other))
      .flatMap(({ InstanceType, AvailabilityZone, SpotPrice: dollars }) => {
        const micros = microsFrom(Number(dollars));
        const isKnown = InstanceType !== undefined && AvailabilityZone !== undefined && micros > 0;
        return isKnown ? [[spotPool(InstanceType, AvailabilityZone), micros] as const] : [];
      }),
  );
}
