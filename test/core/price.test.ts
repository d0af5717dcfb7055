import { describe, expect, it } from '@jest/globals';
import { burstable, surplusPerHour } from '../../lib/core/burstable.ts';
import {
  type BilledMachine,
  components,
  machineCost,
  machineRates,
  type RatesOf,
  totalOf,
} from '../../lib/core/price.ts';
import { onDemandPrice, priceListDate, pricesOf } from '../../lib/core/price-list.ts';
import { fc } from '../support/properties.ts';

const usual: BilledMachine = {
  diskGigabytes: 30,
  diskIops: 3000,
  diskThroughputMegabytes: 125,
  publicAddress: true,
};
const ratesOf = (changes: Partial<RatesOf> = {}) =>
  machineRates({ region: 'us-east-1', instanceType: 'm5.large', spot: false, machine: usual, ...changes });
const minute = 60_000;
const life = (milliseconds: number, changes: object = {}) => ({
  spot: false,
  startedAt: 1_000,
  endedAt: 1_000 + milliseconds,
  takenBack: false,
  ...changes,
});

describe('the price list', () => {
  it.each([
    ['us-east-1', 't3.nano', 5_200],
    ['us-east-1', 't3.medium', 41_600],
    ['us-east-1', 't4g.large', 67_200],
    ['us-east-1', 'm5.24xlarge', 4_608_000],
    ['us-east-1', 'c7i.xlarge', 178_500],
    ['us-west-2', 'm6g.large', 77_000],
    ['eu-west-1', 't3.medium', 45_600],
    ['eu-central-1', 'm5.xlarge', 230_000],
  ])('has in %s %s for %i millionths of a dollar an hour', (region, type, price) => {
    expect(onDemandPrice(region, type)).toBe(price);
  });

  it.each([
    ['us-east-1', 'm5.metal'],
    ['us-east-1', 'p5.48xlarge'],
    ['us-east-1', 'm5.constructor'],
    ['eu-west-1', 'm7i.large'],
    ['af-south-1', 't3.medium'],
    ['constructor', 't3.medium'],
  ])('has no price in %s for %s, which is not 0', (region, type) => {
    expect(onDemandPrice(region, type)).toBeUndefined();
  });

  it('has a date', () => {
    expect(new Date(priceListDate).toISOString()).toContain(priceListDate);
  });
});

describe('burstable types', () => {
  it.each([
    ['t3.medium', 121_600],
    ['t3.large', 153_200],
    ['t3.xlarge', 286_400],
  ])('%s at full use costs %i an hour in unlimited mode', (type, price) => {
    expect((onDemandPrice('us-east-1', type) ?? 0) + surplusPerHour(type, 1000)).toBe(price);
  });

  it('cost their list price in standard mode, below the baseline, and if they are not burstable', () => {
    expect(surplusPerHour('t3.medium', 1000, 'standard')).toBe(0);
    expect(surplusPerHour('t3.medium', 200)).toBe(0);
    expect(surplusPerHour('m5.large', 1000)).toBe(0);
    expect(surplusPerHour('t2.medium', 1000)).toBe(0);
    expect(surplusPerHour('t2.medium', 1000, 'unlimited')).toBe(80_000);
  });

  it('have no baseline if the type is not known', () => {
    expect(burstable('t3.huge')).toBeUndefined();
    expect(burstable('m5.large')).toBeUndefined();
  });
});

describe('what a machine costs', () => {
  it('is its seconds at the hourly price, with disk and address', () => {
    const { seconds, cost } = machineCost(ratesOf(), life(10 * minute));
    expect(seconds).toBe(600);
    expect(cost).toEqual({ compute: 16_000, surplus: 0, disk: 548, address: 833 });
    expect(totalOf(cost)).toBe(17_381);
  });

  it('is that of a minute if it lived for less', () => {
    expect(machineCost(ratesOf(), life(1))).toEqual(machineCost(ratesOf(), life(minute)));
  });

  it('counts a started second', () => {
    expect(machineCost(ratesOf(), life(minute + 1)).seconds).toBe(61);
  });

  it('has the assumed credits of a burstable machine as a separate component', () => {
    const { cost } = machineCost(ratesOf({ instanceType: 't3.medium' }), life(60 * minute));
    expect(cost).toMatchObject({ compute: 41_600, surplus: 40_000 });
  });

  it('has operations and throughput beyond what comes with the disk', () => {
    const machine = { ...usual, diskIops: 4000, diskThroughputMegabytes: 225 };
    expect(ratesOf({ machine }).disk).toBe(30 * 80_000 + 1000 * 5_000 + 100 * 40_000);
  });

  it('is only disk and address for a spot machine that EC2 interrupted in its first hour', () => {
    const rates = ratesOf({ spot: true, spotPrice: 30_000 });
    const spot = { spot: true, takenBack: true };
    expect(machineCost(rates, life(60 * minute - 1, spot))).toMatchObject({
      seconds: 0,
      cost: { compute: 0, surplus: 0, disk: 3288, address: 5000 },
    });
    expect(machineCost(rates, life(60 * minute, spot)).cost.compute).toBe(30_000);
    expect(machineCost(rates, life(30 * minute, { spot: true })).cost.compute).toBe(15_000);
  });

  it.each([
    ['a spot machine whose price is not known', ratesOf({ spot: true }), ['compute']],
    ['a type that is not listed', ratesOf({ instanceType: 'm5.metal' }), ['compute']],
    [
      'a network of which nobody knows whether it gives addresses',
      ratesOf({ machine: { diskGigabytes: 30, diskIops: 3000, diskThroughputMegabytes: 125 } }),
      ['address'],
    ],
    ['a region that is not listed', ratesOf({ region: 'af-south-1' }), ['compute', 'disk', 'address']],
  ])('is unpriced, and not 0, for %s', (_, rates, unpriced) => {
    const found = machineCost(rates, life(minute));
    expect(found.unpriced).toEqual(unpriced);
    expect(Object.keys(found.cost)).toEqual(components.filter((one) => !unpriced.includes(one)));
  });

  const lives = fc.record({
    startedAt: fc.integer({ min: 0, max: 4e12 }),
    milliseconds: fc.integer({ min: -5000, max: 5 * 86_400_000 }),
    spot: fc.boolean(),
    takenBack: fc.boolean(),
  });
  const machines = fc.record({
    diskGigabytes: fc.integer({ min: 8, max: 65_536 }),
    diskIops: fc.integer({ min: 3000, max: 80_000 }),
    diskThroughputMegabytes: fc.integer({ min: 125, max: 2000 }),
    publicAddress: fc.boolean(),
  });
  const types = fc.constantFrom('t3.medium', 'm5.24xlarge', 't4g.nano', 'c7g.16xlarge');

  it('is a whole number of micro-dollars, exactly representable, and never below 0', () => {
    fc.assert(
      fc.property(types, machines, lives, (instanceType, machine, { startedAt, milliseconds, ...end }) => {
        const rates = ratesOf({ instanceType, machine, spot: end.spot, spotPrice: 12_345 });
        const { cost, seconds } = machineCost(rates, {
          ...end,
          startedAt,
          endedAt: startedAt + milliseconds,
        });
        for (const value of [seconds, totalOf(cost), ...Object.values(cost)]) {
          expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
        }
      }),
    );
  });

  it('never falls the longer a machine runs, except when EC2 interrupts a spot machine', () => {
    fc.assert(
      fc.property(types, machines, fc.nat(86_400), fc.nat(3600), (instanceType, machine, age, more) => {
        const rates = ratesOf({ instanceType, machine });
        const total = (seconds: number) => totalOf(machineCost(rates, life(seconds * 1000)).cost);
        expect(total(age + more)).toBeGreaterThanOrEqual(total(age));
      }),
    );
  });

  it('differs from the exact amount by less than a micro-dollar a component', () => {
    fc.assert(
      fc.property(machines, fc.integer({ min: 60, max: 432_000 }), (machine, seconds) => {
        const rates = ratesOf({ machine });
        const { cost } = machineCost(rates, life(seconds * 1000));
        const { gigabyte, iops, throughputMegabyte } = pricesOf('us-east-1')!.disk;
        const disk =
          gigabyte * machine.diskGigabytes +
          iops * (machine.diskIops - 3000) +
          throughputMegabyte * (machine.diskThroughputMegabytes - 125);
        expect(Math.abs(cost.disk! - (disk / 730 / 3600) * seconds)).toBeLessThan(1);
        expect(Math.abs(cost.compute! - (96_000 / 3600) * seconds)).toBeLessThan(1);
      }),
    );
  });
});
