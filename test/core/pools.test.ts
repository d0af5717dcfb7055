import { describe, expect, it } from '@jest/globals';
import { type Closings, openPools, poolName, wasShort } from '../../lib/core/pools.ts';
import { givenTier, noon } from '../support/given.ts';
import { fc } from '../support/properties.ts';

const subnets = [
  { subnetId: 'subnet-a', zone: 'a' },
  { subnetId: 'subnet-b', zone: 'b' },
];
const types = ['t3.large', 'm5.large'];
const until = noon + 180_000;
const closed = (...names: string[]): Closings =>
  Object.fromEntries(names.map((name) => [name, { cause: 'capacity', code: 'Insufficient', until }]));
const spotNames = types.flatMap((type) => subnets.map(({ zone }) => `spot:${type}:${zone}`));
const demandNames = spotNames.map((name) => name.replace('spot', 'on-demand'));

describe('openPools', () => {
  it.each([
    { case: 'nothing is closed', spot: true, closings: {}, market: 'spot', pools: 4 },
    { case: 'a spot pool is dry', spot: true, closings: closed('spot:t3.large:a'), market: 'spot', pools: 3 },
    { case: 'all spot is dry', spot: true, closings: closed(...spotNames), market: 'on-demand', pools: 4 },
    {
      case: 'spot is at its quota',
      spot: true,
      closings: closed('spot:small'),
      market: 'on-demand',
      pools: 4,
    },
    {
      case: 'the tier has no spot',
      spot: false,
      closings: closed(...spotNames),
      market: 'on-demand',
      pools: 4,
    },
  ])('asks for $pools $market pools where $case', ({ spot, closings, market, pools }) => {
    const tier = givenTier({ instanceTypes: types, spot });
    const open = openPools(tier, { subnets, closings, now: noon });
    expect(open).toMatchObject({ kind: 'open', market });
    expect(open.kind === 'open' && open.pools).toHaveLength(pools);
  });

  it("requests only in the tier's own subnets", () => {
    const tier = givenTier({ instanceTypes: types, subnetIds: ['subnet-b'] });
    const open = openPools(tier, { subnets, closings: closed('on-demand:t3.large:b'), now: noon });
    expect(open).toMatchObject({ pools: [{ instanceType: 'm5.large', subnetId: 'subnet-b' }] });
  });

  it('is closed until the first pool is due, if none is open', () => {
    const tier = givenTier({ instanceTypes: types });
    const closings = {
      ...closed(...demandNames),
      'on-demand:m5.large:b': { ...closed('x')['x']!, until: noon + 5 },
    };
    expect(openPools(tier, { subnets, closings, now: noon })).toMatchObject({
      kind: 'closed',
      until: noon + 5,
    });
    expect(openPools(tier, { subnets, closings, now: noon + 5 })).toMatchObject({
      pools: [{ instanceType: 'm5.large', subnetId: 'subnet-b' }],
    });
  });

  it('is closed, spot and on demand, for a tier whose launches can never work', () => {
    const closings = { small: { cause: 'fatal', code: 'UnauthorizedOperation', until } } as const;
    const open = openPools(givenTier({ spot: true }), { subnets, closings, now: noon });
    expect(open).toMatchObject({ kind: 'closed', cause: 'fatal', code: 'UnauthorizedOperation' });
  });

  it('never offers a closed pool, and keeps the configured order of all others', () => {
    fc.assert(
      fc.property(fc.subarray(demandNames), (names) => {
        const tier = givenTier({ instanceTypes: types });
        const open = openPools(tier, { subnets, closings: closed(...names), now: noon });
        const offered =
          open.kind === 'open'
            ? open.pools.map(({ instanceType, subnetId }) =>
                poolName({ market: 'on-demand', instanceType, zone: subnetId.slice(-1) }),
              )
            : [];
        expect(offered).toEqual(demandNames.filter((name) => !names.includes(name)));
      }),
    );
  });
});

describe('wasShort', () => {
  it('is true once every market was closed, even if one is open again', () => {
    const tier = givenTier({ instanceTypes: types, spot: true });
    expect(wasShort(tier, { subnets, closings: closed(...spotNames) })).toBe(false);
    expect(wasShort(tier, { subnets, closings: closed(...spotNames, ...demandNames) })).toBe(true);
    expect(wasShort(tier, { subnets, closings: closed('spot:small', 'on-demand:small') })).toBe(true);
  });

  it('is false if a launch could never work: that says nothing about EC2’s capacity', () => {
    const fatal = { cause: 'fatal', code: 'UnauthorizedOperation', until } as const;
    expect(wasShort(givenTier(), { subnets, closings: { 'on-demand:small': fatal } })).toBe(false);
  });
});

describe('a tier of which every pool is closed', () => {
  it('is retried when the first of them opens, with the reason of that one', () => {
    const closing = (seconds: number, code: string) =>
      ({ cause: 'capacity', code, until: noon + seconds * 1000 }) as const;
    const tier = givenTier({ instanceTypes: ['t3.large'] });
    const two = [
      { subnetId: 'subnet-a', zone: 'a' },
      { subnetId: 'subnet-b', zone: 'b' },
      { subnetId: 'subnet-c', zone: 'c' },
    ];
    const closings = {
      'on-demand:t3.large:a': closing(60, 'Later'),
      'on-demand:t3.large:b': closing(30, 'First'),
      'on-demand:t3.large:c': closing(30, 'AsSoon'),
    };
    expect(openPools(tier, { subnets: two, closings, now: noon })).toMatchObject({
      code: 'First',
      until: noon + 30_000,
    });
  });

  it('cannot be one that has no pools at all', () => {
    expect(() => openPools(givenTier({ instanceTypes: [] }), { subnets, closings: {}, now: noon })).toThrow(
      'A tier without an instance type or without a subnet has no pools at all.',
    );
  });
});
