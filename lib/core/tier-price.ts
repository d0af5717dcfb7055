/**
 * The maximum cost of a tier's machine: a launch may get any of its types, and a spot machine costs no more than an
 * on-demand one, unless someone sets a higher maximum price.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-requests.html ("defaults to the On-Demand price")
 */
import type { Micros } from './micros.ts';
import { machineRates, type RatesOf } from './price.ts';
import type { Tier } from './tier.ts';

const hoursOfMonth = 730;

/** One public IPv4 address in any region. Source: https://aws.amazon.com/vpc/pricing/ */
export const addressPerHour: Micros = 5_000;

/** Where prices apply, and which. */
export type PricePlace = Pick<RatesOf, 'region' | 'prices'>;

/** For an hour, of its most expensive type. Undefined: some type of it has no price in the region. */
export function ceilingPerHour(place: PricePlace, tier: Tier): Micros | undefined {
  const rates = tier.instanceTypes.map((instanceType) =>
    machineRates({ ...place, instanceType, spot: false, machine: tier.billed }),
  );
  // Subnets that Mayfly does not know are assumed to assign addresses.
  const address = tier.billed.publicAddress === false ? 0 : addressPerHour;
  const hourly = rates.map(({ compute, surplus, disk }) =>
    compute === undefined || disk === undefined
      ? undefined
      : compute + (surplus ?? 0) + Math.ceil(disk / hoursOfMonth) + address,
  );
  return hourly.every((rate) => rate !== undefined) ? Math.max(...hourly) : undefined;
}

/** The types of a tier that have no price in the region; none if the region itself has none. */
export const unpricedTypes = (place: PricePlace, tier: Tier): readonly string[] =>
  tier.instanceTypes.filter(
    (instanceType) =>
      machineRates({ ...place, instanceType, spot: false, machine: tier.billed }).compute === undefined,
  );
