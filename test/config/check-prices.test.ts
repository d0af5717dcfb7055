import { describe, expect, it } from '@jest/globals';
import { assertConfig, checkConfig } from '../../lib/config/check-config.ts';
import { configWith, defaultConfig } from './configurations.ts';

const prices = {
  date: '2026-11-01',
  region: defaultConfig.region,
  onDemand: { 't3.medium': 41_600, 'x2idn.metal': 9_000_000 },
  disk: { gigabyte: 110, iops: 7, throughputMegabyte: 55 },
  address: 5_000,
};

describe("an operator's own price list", () => {
  it('is none by default', () => {
    expect(assertConfig(defaultConfig).deployment).not.toHaveProperty('prices');
  });

  it("reaches the functions with the tiers' types alone, for which they have room", () => {
    const { deployment } = assertConfig(configWith({ prices }));
    expect(deployment).toMatchObject({ prices: { ...prices, onDemand: { 't3.medium': 41_600 } } });
    expect(Object.keys(deployment.prices?.onDemand ?? {})).toEqual(['t3.medium']);
  });

  it.each<[unknown, string]>([
    ['cheap', 'prices is "cheap"; it must be the file that mayfly prices update writes.'],
    [{ ...prices, currency: 'EUR' }, 'prices has no setting "currency"'],
    [{ ...prices, date: 'on 2026-11-01' }, 'prices.date is "on 2026-11-01"; it must be a day'],
    [{ ...prices, date: '2026-11-01T12:00' }, 'prices.date is "2026-11-01T12:00"'],
    [{ ...prices, region: 'eu-west-1' }, 'prices.region is "eu-west-1"; it must be "us-east-1", the region'],
    [{ ...prices, onDemand: [41_600] }, 'prices.onDemand is [41600]; it must be an object of prices'],
    [{ ...prices, onDemand: { 't3.medium': 0.0416 } }, 'prices.onDemand.t3.medium is 0.0416'],
    [{ ...prices, disk: { ...prices.disk, gigabyte: '110' } }, 'prices.disk.gigabyte is "110"'],
    [{ ...prices, disk: { ...prices.disk, snapshot: 5 } }, 'prices.disk has no setting "snapshot"'],
    [{ ...prices, address: -1 }, 'prices.address is -1'],
  ])('cannot be %j', (given, fault) => {
    expect(checkConfig(configWith({ prices: given }))).toEqual({
      ok: false,
      faults: [expect.stringContaining(fault)],
    });
  });
});
