/**
 * Reads a region's prices from AWS's Price List: Linux on demand for all instance types, gp3 disks and public
 * addresses, page by page. A price that AWS does not state is absent, never 0.
 * Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
 */
import { GetProductsCommand, type PricingClient } from '@aws-sdk/client-pricing';
import type { Micros } from '../../core/micros.ts';
import type { PriceList } from '../../core/price-list.ts';
import { type ProductPrice, productPrice } from '../../core/price-products.ts';

export interface FoundPrices {
  readonly onDemand: PriceList['onDemand'];
  readonly disk: Readonly<Partial<Record<keyof PriceList['disk'], Micros>>>;
  readonly address?: Micros;
}

/** A region has about 1,000 types, and a page has a hundred. */
const maxPages = 60;

export async function readPrices(client: PricingClient, regionCode: string): Promise<FoundPrices> {
  const machines = await products(client, 'AmazonEC2', {
    ...{ regionCode, productFamily: 'Compute Instance', operatingSystem: 'Linux', tenancy: 'Shared' },
    // Leaves out unused capacity reservations, and prices that include software or a licence.
    ...{ capacitystatus: 'Used', preInstalledSw: 'NA', operation: 'RunInstances', marketoption: 'OnDemand' },
  });
  const disks = await products(client, 'AmazonEC2', { regionCode, volumeApiName: 'gp3' });
  const addresses = await products(client, 'AmazonVPC', { regionCode, group: 'VPCPublicIPv4Address' });
  const gigabyte = priceOf(disks, 'VolumeUsage.gp3', 'GB-Mo');
  const iops = priceOf(disks, 'VolumeP-IOPS.gp3', 'IOPS-Mo');
  const throughput = priceOf(disks, 'VolumeP-Throughput.gp3', 'GiBps-mo');
  const address = priceOf(addresses, 'PublicIPv4:InUseAddress', 'Hrs');
  return {
    onDemand: Object.fromEntries(
      machines
        .filter(({ unit, price }) => unit === 'Hrs' && price > 0)
        .map(({ attributes, price }) => [attributes['instanceType'] ?? '', price] as const)
        .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    ),
    disk: {
      ...(gigabyte === undefined ? {} : { gigabyte }),
      ...(iops === undefined ? {} : { iops }),
      // AWS prices throughput in GiB a second.
      ...(throughput === undefined ? {} : { throughputMegabyte: Math.round(throughput / 1024) }),
    },
    ...(address === undefined ? {} : { address }),
  };
}

/** Usage types begin with the region's short name, except in us-east-1: `EUW1-EBS:VolumeUsage.gp3`. */
const priceOf = (prices: readonly ProductPrice[], usageType: string, unit: string): Micros | undefined =>
  prices.find(
    (each) =>
      each.unit.toLowerCase() === unit.toLowerCase() && each.attributes['usagetype']?.endsWith(usageType),
  )?.price;

async function products(
  client: PricingClient,
  ServiceCode: string,
  attributes: Readonly<Record<string, string>>,
): Promise<ProductPrice[]> {
  const Filters = Object.entries(attributes).map(([Field, Value]) => ({
    Type: 'TERM_MATCH' as const,
    ...{ Field, Value },
  }));
  const found: ProductPrice[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const { PriceList = [], NextToken } = await client.send(
      new GetProductsCommand({
        ...{ ServiceCode, Filters, FormatVersion: 'aws_v1', MaxResults: 100 },
        ...(cursor ? { NextToken: cursor } : {}),
      }),
    );
    for (const text of PriceList) {
      const price = productPrice(String(text));
      if (price) found.push(price);
    }
    cursor = NextToken || undefined;
    if (!cursor) return found;
  }
  throw new Error(`AWS's price list has more than ${maxPages} pages for ${ServiceCode} in this region.`);
}
