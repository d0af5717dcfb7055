/**
 * AWS's Price List, as far as GetProducts: Linux machines, gp3 disks and addresses of the laptop's region, at the prices
 * of Mayfly's own list, which a dial raises. Beside them are products that are easily mistaken for them, as in AWS's
 * list.
 * Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
 */
import { onDemandPrice, pricesOf } from '../../core/price-list.ts';
import { jsonAnswer, requireText, unknownAction } from './json-answer.ts';
import { AwsError, type AwsService } from './service.ts';

export interface PricingDials {
  /** Each price, in thousandths of the list price. */
  readonly thousandths?: number;
  /** Instance types, or `gp3` or `address`, that it has no price for. */
  readonly unknown?: readonly string[];
}

export interface PricingService extends AwsService {
  setDials(dials: PricingDials): void;
}

interface Product {
  readonly serviceCode: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly unit: string;
  readonly dollars: number;
}

interface Filter {
  readonly Type: string;
  readonly Field: string;
  readonly Value: string;
}

const types = ['t3', 't4g', 'm5', 'm6g', 'm6i', 'c5'].flatMap((family) =>
  ['medium', 'large', 'xlarge', '2xlarge', '4xlarge'].map((size) => `${family}.${size}`),
);

export function createPricingService(region: string): PricingService {
  let dials: PricingDials = {};
  const getProducts = (input: Readonly<Record<string, unknown>>) => {
    const serviceCode = requireText(input, 'ServiceCode');
    const {
      Filters = [],
      MaxResults = 100,
      NextToken,
    } = input as {
      Filters?: readonly Filter[];
      MaxResults?: number;
      NextToken?: string;
    };
    if (!Number.isInteger(MaxResults) || MaxResults < 1 || MaxResults > 100)
      throw new AwsError('InvalidParameterException', 'MaxResults must be from 1 to 100.');
    const strange = Filters.find(({ Type }) => Type !== 'TERM_MATCH');
    if (strange) throw new AwsError('InvalidParameterException', `The laptop has no filter ${strange.Type}.`);
    const all = products(region, dials).filter(
      (product) =>
        product.serviceCode === serviceCode &&
        Filters.every(({ Field, Value }) => product.attributes[Field] === Value),
    );
    const start = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, 'base64').toString());
    if (!Number.isInteger(start)) throw new AwsError('InvalidNextTokenException', 'The token is not known.');
    // Pages need not be full.
    const end = start + Math.min(MaxResults, 7);
    return {
      FormatVersion: 'aws_v1',
      PriceList: all.slice(start, end).map(productText),
      ...(end < all.length ? { NextToken: Buffer.from(String(end)).toString('base64') } : {}),
    };
  };
  return {
    service: 'pricing',
    questions: ({ action }) => [{ action: `pricing:${action}`, resource: '*', context: {} }],
    async handle({ action, input }) {
      if (action !== 'GetProducts') throw unknownAction('Price List', action, ['GetProducts']);
      return jsonAnswer(getProducts(input));
    },
    setDials: (change) => {
      dials = change;
    },
  };
}

function products(regionCode: string, { thousandths = 1000, unknown = [] }: PricingDials): Product[] {
  const prices = pricesOf(regionCode);
  const dollars = (micros: number) => (micros * thousandths) / 1e9;
  const machine = (
    instanceType: string,
    other: Readonly<Record<string, string>>,
    price: number,
  ): Product => ({
    serviceCode: 'AmazonEC2',
    attributes: {
      ...{ regionCode, instanceType, productFamily: 'Compute Instance', operatingSystem: 'Linux' },
      ...{ tenancy: 'Shared', capacitystatus: 'Used', preInstalledSw: 'NA', operation: 'RunInstances' },
      ...{ marketoption: 'OnDemand', usagetype: `BoxUsage:${instanceType}`, ...other },
    },
    unit: 'Hrs',
    dollars: price,
  });
  const machines = types
    .filter((type) => !unknown.includes(type))
    .flatMap((type) => {
      const price = onDemandPrice(regionCode, type);
      if (price === undefined) return [];
      return [
        machine(type, { tenancy: 'Dedicated' }, 2 * dollars(price)),
        machine(type, { capacitystatus: 'UnusedCapacityReservation' }, dollars(price)),
        machine(type, { capacitystatus: 'AllocatedCapacityReservation' }, 0),
        machine(type, { operatingSystem: 'Windows' }, 2 * dollars(price)),
        machine(type, { preInstalledSw: 'SQL Web' }, 3 * dollars(price)),
        machine(type, {}, dollars(price)),
      ];
    });
  const of = (
    serviceCode: string,
    attributes: Record<string, string>,
    unit: string,
    micros: number,
  ): Product => ({
    ...{ serviceCode, unit, dollars: dollars(micros) },
    attributes: { regionCode, ...attributes },
  });
  const disk = (usagetype: string, unit: string, micros: number) =>
    of('AmazonEC2', { volumeApiName: 'gp3', usagetype: `EBS:${usagetype}` }, unit, micros);
  const address = (usagetype: string, micros: number) =>
    of('AmazonVPC', { group: 'VPCPublicIPv4Address', usagetype }, 'Hrs', micros);
  return [
    ...machines,
    ...(prices && !unknown.includes('gp3')
      ? [
          disk('VolumeUsage.gp3', 'GB-Mo', prices.disk.gigabyte),
          disk('VolumeP-IOPS.gp3', 'IOPS-Mo', prices.disk.iops),
          disk('VolumeP-Throughput.gp3', 'GiBps-mo', prices.disk.throughputMegabyte * 1024),
        ]
      : []),
    ...(prices && !unknown.includes('address')
      ? [
          address('PublicIPv4:IdleAddress', 2 * prices.address),
          address('PublicIPv4:InUseAddress', prices.address),
        ]
      : []),
  ];
}

/** In AWS's words, with an on-demand price and a reservation's. */
function productText({ serviceCode, attributes, unit, dollars }: Product, n: number): string {
  const sku = `SKU${n}${attributes['usagetype']}`;
  const dimension = (USD: string, of: string) => ({
    [`${sku}.${of}.6YS6EN2CT7`]: {
      ...{ unit, endRange: 'Inf', beginRange: '0', appliesTo: [], description: `$${USD} per ${unit}` },
      ...{ rateCode: `${sku}.${of}.6YS6EN2CT7`, pricePerUnit: { USD } },
    },
  });
  const term = (of: string, priceDimensions: object) => ({
    [`${sku}.${of}`]: { priceDimensions, sku, offerTermCode: of, termAttributes: {} },
  });
  return JSON.stringify({
    product: { productFamily: attributes['productFamily'] ?? 'Storage', attributes, sku },
    serviceCode,
    terms: {
      OnDemand: term('JRTCKXETXF', dimension(dollars.toFixed(10), 'JRTCKXETXF')),
      Reserved: term('38NPMPTW36', dimension((dollars / 2).toFixed(10), '38NPMPTW36')),
    },
    version: '20261101000000',
    publicationDate: '2026-11-01T00:00:00Z',
  });
}
