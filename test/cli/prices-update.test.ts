/** What `mayfly prices update` writes and says, against a price list with pages and products that are easily mistaken. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pricesUpdate } from '../../lib/cli/prices/prices-update.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { assertConfig } from '../../lib/config/check-config.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { machineRates } from '../../lib/core/price.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createPricingService, type PricingService } from '../../lib/local/aws/pricing.ts';
import usual from '../../mayfly.config.ts';
import { recordingIo } from './support.ts';

let endpoint: AwsEndpoint;
let pricing: PricingService;
let folder: string;
beforeEach(async () => {
  pricing = createPricingService('us-east-1');
  endpoint = await startAwsEndpoint({ region: 'us-east-1', accountId: '123456789012', services: [pricing] });
  folder = mkdtempSync(join(tmpdir(), 'mayfly-prices-'));
});
afterEach(async () => {
  await endpoint.close();
  rmSync(folder, { recursive: true });
});

async function update(config: MayflyConfig = usual) {
  const { io, printed } = recordingIo();
  const { accessKeyId, secretAccessKey } = endpoint.operatorCredentials;
  const environment = {
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const configFile = join(folder, 'mayfly.config.ts');
  const args = ['prices', 'update'];
  const status = await runCommand([pricesUpdate], args, { config, configFile, io, environment });
  return { status, ...printed() };
}
const written = () => JSON.parse(readFileSync(join(folder, 'mayfly.prices.json'), 'utf8'));

describe('mayfly prices update', () => {
  it('writes the list price of each type, over all pages, and of no other product', async () => {
    const { status, out, error } = await update();
    expect({ status, error }).toEqual({ status: 0, error: '' });
    expect(written()).toMatchObject({
      ...{ date: new Date().toISOString().slice(0, 10), region: 'us-east-1', address: 5_000 },
      onDemand: { 't3.medium': 41_600, 'm5.large': 96_000, 'm6g.xlarge': 154_000 },
      disk: { gigabyte: 80_000, iops: 5_000, throughputMegabyte: 40_000 },
    });
    expect(out).toContain('The prices of your tiers have not changed since 2026-07-20');
    expect(out).toContain("import prices from './mayfly.prices.json' with { type: 'json' }");
    expect(endpoint.calls.recent().length).toBeGreaterThan(4);
  });

  it('shows what changed for the tiers, and machines get its prices once it is configured', async () => {
    pricing.setDials({ thousandths: 1_500 });
    const { out } = await update();
    expect(out).toMatch(/t3\.medium, an hour +\$0\.0416 +\$0\.0624\n/);
    expect(out).toMatch(/public address, an hour +\$0\.0050 +\$0\.0075\n/);
    const { prices } = assertConfig({ ...usual, prices: written() }).deployment;
    expect(Object.keys(prices!.onDemand)).toEqual([
      'm5.large',
      'm5.xlarge',
      't3.large',
      't3.medium',
      't3.xlarge',
    ]);
    const machine = { diskGigabytes: 10, diskIops: 3000, diskThroughputMegabytes: 125, publicAddress: true };
    const of = { region: 'us-east-1', instanceType: 't3.medium', spot: false, machine };
    expect(machineRates({ ...of, prices: prices! })).toMatchObject({
      ...{ list: written().date, compute: 62_400, disk: 1_200_000, address: 7_500 },
    });
    const again = await update({ ...usual, prices: written() });
    expect(again.out).toContain('The prices of your tiers have not changed');
    expect(again.out).toContain('Deploy to use it.');
  });

  it('exits with 1 if AWS has no price for a type, and keeps disk prices that AWS does not report', async () => {
    pricing.setDials({ unknown: ['t3.medium', 'gp3'] });
    const { status, out } = await update();
    expect(status).toBe(1);
    expect(out).toContain('AWS has no price for t3.medium in us-east-1: its machines will be unpriced.');
    expect(out).toContain(
      'AWS gave no price for gigabyte, iops, throughputMegabyte: the current prices were kept.',
    );
    expect(out).toMatch(/t3\.medium, an hour +\$0\.0416 +none\n/);
    expect(written()).toMatchObject({ disk: { gigabyte: 80_000 } });
  });
});

describe('a price list in the configuration', () => {
  const list = {
    date: '2026-11-21',
    region: 'us-east-1',
    onDemand: { 't3.medium': 1 },
    disk: { gigabyte: 1, iops: 1, throughputMegabyte: 1 },
    address: 1,
  };

  it.each([
    [{ ...list, region: 'eu-west-1' }, 'prices.region is "eu-west-1"; it must be "us-east-1"'],
    [{ ...list, date: 'today' }, 'prices.date is "today"'],
    [
      { ...list, onDemand: { 't3.medium': 0.04 } },
      'prices.onDemand.t3.medium is 0.04; it must be a whole number',
    ],
    [{ ...list, disk: { gigabyte: 1, iops: 1 } }, 'prices.disk.throughputMegabyte is undefined'],
    [{ ...list, currency: 'EUR' }, 'prices has no setting "currency"'],
    ['list', 'prices is "list"'],
  ])('is not %j', (prices, message) => {
    expect(() => assertConfig({ ...usual, prices: prices as never })).toThrow(message);
  });
});
