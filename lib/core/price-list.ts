/**
 * AWS's list prices for Linux on demand, dated, for the regions and instance families below. Whatever is not listed has no
 * price: `undefined`, never 0. In these families the price of a size is a multiple of that of `large`, to the micro-dollar.
 * Sources: us-east-1 from the table that Karpenter 1.x generates from AWS's Pricing API (pkg/providers/pricing/
 * zz_generated.pricing_aws.go, of the date below, Apache-2.0). Those of other regions, disks and addresses
 * were not checked against https://aws.amazon.com/ec2/pricing/on-demand/,
 * https://aws.amazon.com/ebs/pricing/ and https://aws.amazon.com/vpc/pricing/ on that day: compare them
 * before you bill by them (docs/COSTS.md says so).
 */
import type { Micros } from './micros.ts';

/** The day of the prices, which each machine's record keeps. */
export const priceListDate = '2026-07-20';

export interface RegionPrices {
  /** Of the family's `large`, for an hour. */
  readonly large: Readonly<Record<string, Micros>>;
  /** gp3, each for a month. */
  readonly disk: {
    readonly gigabyte: Micros;
    /** Of operations a second beyond those that come with the disk. */
    readonly iops: Micros;
    /** Of MiB a second beyond those that come with the disk. */
    readonly throughputMegabyte: Micros;
  };
  /** One public IPv4 address, for an hour. */
  readonly address: Micros;
}

/** Prices of one region, fetched from AWS by `mayfly prices update`, which replace those below. */
export interface PriceList {
  /** The day on which AWS was asked. */
  readonly date: string;
  readonly region: string;
  /** Linux on demand, for an hour, by instance type. */
  readonly onDemand: Readonly<Record<string, Micros>>;
  readonly disk: RegionPrices['disk'];
  readonly address: Micros;
}

const northAmerica: RegionPrices = {
  large: {
    ...{ t3: 83_200, t3a: 75_200, t4g: 67_200 },
    ...{ m5: 96_000, m6i: 96_000, m6g: 77_000, m7i: 100_800, m7g: 81_600 },
    ...{ c5: 85_000, c6i: 85_000, c6g: 68_000, c7i: 89_250, c7g: 72_500 },
  },
  disk: { gigabyte: 80_000, iops: 5_000, throughputMegabyte: 40_000 },
  address: 5_000,
};

const regions: Readonly<Record<string, RegionPrices>> = {
  // These three have the same prices for the families above; us-east-1 alone lists the others too.
  'us-east-1': {
    ...northAmerica,
    large: {
      ...northAmerica.large,
      ...{ m5a: 86_000, m6a: 86_400, m7a: 115_920, c5a: 77_000, c6a: 76_500, c7a: 102_640 },
      ...{ r5: 126_000, r6i: 126_000, r6g: 100_800, r7i: 132_300, r7g: 107_100 },
    },
  },
  'us-east-2': northAmerica,
  'us-west-2': northAmerica,
  'eu-west-1': {
    large: { t3: 91_200, m5: 107_000 },
    disk: { gigabyte: 88_000, iops: 5_500, throughputMegabyte: 44_000 },
    address: 5_000,
  },
  'eu-central-1': {
    large: { t3: 96_000, m5: 115_000 },
    disk: { gigabyte: 95_200, iops: 6_000, throughputMegabyte: 48_000 },
    address: 5_000,
  },
};

/** In sixteenths of `large`. */
const burstableSizes = { nano: 1, micro: 2, small: 4, medium: 8, large: 16, xlarge: 32, '2xlarge': 64 };
const otherSizes = {
  ...{ large: 16, xlarge: 32, '2xlarge': 64, '4xlarge': 128, '8xlarge': 256 },
  ...{ '12xlarge': 384, '16xlarge': 512, '24xlarge': 768 },
};

export const pricesOf = (region: string): RegionPrices | undefined =>
  Object.hasOwn(regions, region) ? regions[region] : undefined;

/** The list in use: the operator's own, or the one above. Absent prices are not known. */
export interface PricesInForce {
  readonly date: string;
  readonly disk?: RegionPrices['disk'];
  readonly address?: Micros;
  onDemand(instanceType: string): Micros | undefined;
}

export function pricesInForce(region: string, own?: PriceList): PricesInForce {
  if (own?.region === region) {
    const { date, disk, address, onDemand } = own;
    const priceOf = (type: string) => (Object.hasOwn(onDemand, type) ? onDemand[type] : undefined);
    return { date, disk, address, onDemand: priceOf };
  }
  const { disk, address } = pricesOf(region) ?? {};
  return {
    date: priceListDate,
    ...(disk ? { disk } : {}),
    ...(address === undefined ? {} : { address }),
    onDemand: (type) => onDemandPrice(region, type),
  };
}

/** An hour on demand. */
export function onDemandPrice(region: string, instanceType: string): Micros | undefined {
  const [family = '', size = ''] = instanceType.split('.');
  const prices = pricesOf(region)?.large ?? {};
  const sizes: Readonly<Record<string, number>> = family.startsWith('t') ? burstableSizes : otherSizes;
  if (!Object.hasOwn(prices, family) || !Object.hasOwn(sizes, size)) return undefined;
  return Math.round(((prices[family] ?? 0) * (sizes[size] ?? 0)) / 16);
}

/** US dollars for an hour on demand, of the type that is first in a tier. Undefined: the list in force has no price of it. */
export function pricePerHour(
  { region, prices }: { readonly region: string; readonly prices?: PriceList },
  tier: { readonly instanceTypes: readonly string[] } | undefined,
): number | undefined {
  const micros = pricesInForce(region, prices).onDemand(tier?.instanceTypes[0] ?? '');
  return micros === undefined ? undefined : micros / 1_000_000;
}
