/**
 * The laptop's spot prices: a share of the on-demand price that differs by pool and changes each hour, always the same
 * for a given hour. The bill uses them, and DescribeSpotPriceHistory returns them.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html
 */
import { createHash } from 'node:crypto';
import { onDemandPrice } from '../../core/price-list.ts';
import { spotPool } from '../../ports/spot-prices.ts';
import type { Ec2Account } from './account.ts';
import { type Form, text, texts } from './form.ts';
import type { Members } from './xml.ts';

const hour = 3_600_000;
/** For a type that is in no list: AWS has a price for it all the same. */
const otherPrice = 100_000;

/** Micro-dollars for an hour at that moment, between a quarter and half of the on-demand price. */
export function spotPriceAt(
  region: string,
  pool: { instanceType: string; zone: string },
  at: number,
): number {
  const onDemand = onDemandPrice(region, pool.instanceType) ?? otherPrice;
  const name = spotPool(pool.instanceType, pool.zone);
  const share = 0.3 + 0.15 * chanceOf(name) + 0.05 * chanceOf(`${name}@${Math.floor(at / hour)}`);
  return Math.round((onDemand * share) / 100) * 100;
}

/** From 0 to 1, always the same for a text. */
const chanceOf = (name: string) => createHash('sha256').update(name).digest().readUInt32BE() / 2 ** 32;

/**
 * The price in force at StartTime first, then each change until now: AWS too answers a start of "now" with the current
 * prices. Filters, zones and further pages are not supported.
 */
export function describeSpotPriceHistory(account: Ec2Account, request: Form, now: number): Members {
  const start = Math.min(Date.parse(text(request, 'StartTime') ?? '') || now, now);
  const end = Math.min(Date.parse(text(request, 'EndTime') ?? '') || now, now);
  const zones = [...new Set([...account.subnets.values()].map((subnet) => subnet.availabilityZone))];
  const first = Math.floor(start / hour);
  const hours = Array.from({ length: Math.floor(end / hour) - first + 1 }, (_, n) => first + n);
  return {
    spotPriceHistorySet: texts(request, 'InstanceType').flatMap((instanceType) =>
      zones.flatMap((zone) =>
        hours.toReversed().map((each) => ({
          instanceType,
          productDescription: 'Linux/UNIX',
          spotPrice: (spotPriceAt(account.region, { instanceType, zone }, each * hour) / 1_000_000).toFixed(
            6,
          ),
          timestamp: new Date(each * hour).toISOString(),
          availabilityZone: zone,
        })),
      ),
    ),
    nextToken: '',
  };
}
