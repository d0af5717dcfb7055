import { describe, expect, it } from '@jest/globals';
import { assertConfig } from '../../lib/config/check-config.ts';
import { TierName } from '../../lib/core/ids.ts';
import { tierLimit } from '../../lib/core/tier-limit.ts';
import config from '../../mayfly.config.ts';
import { givenTenant } from '../support/given.ts';
import { fc } from '../support/properties.ts';

const { tiers } = assertConfig(config).deployment;
const limits = (tier: string, maxRunners: number, own?: number) => {
  const tierLimits = own === undefined ? {} : { tierLimits: new Map([[TierName('small'), own]]) };
  const tenant = givenTenant({ tier: TierName(tier), maxRunners, ...tierLimits });
  return tiers.map((one) => tierLimit(tenant, one));
};

describe('the limit of a tenant for each of the default tiers', () => {
  it.each([
    ['a new tenant', 'small', 2, [2, 5, 10]],
    ['max_runners raised', 'small', 5, [5, 5, 10]],
    ['the upgrade of plan and max_runners', 'medium', 5, [5, 5, 10]],
    ['a greater upgrade', 'medium', 8, [8, 8, 10]],
    ['the greatest plan', 'large', 20, [20, 20, 20]],
    ['a plan that no tier has', 'gone', 20, [2, 5, 10]],
    ['max_runners lowered', 'large', 1, [2, 5, 10]],
  ])('%s', (_, tier, maxRunners, wanted) => expect(limits(tier, maxRunners)).toEqual(wanted));

  it('is what the operator set for it, even if that is less, or none', () => {
    expect(limits('large', 20, 3)).toEqual([3, 20, 20]);
    expect(limits('small', 5, 0)).toEqual([0, 5, 10]);
  });

  it('is never lowered by a greater plan or max_runners', () => {
    const plans = fc.constantFrom('small', 'medium', 'large');
    fc.assert(
      fc.property(plans, fc.nat(30), fc.nat(30), (plan, one, more) => {
        const [before, after] = [limits(plan, one), limits('large', one + more)];
        expect(after.every((limit, n) => limit >= before[n]!)).toBe(true);
      }),
    );
  });
});

describe('a tier', () => {
  const withTiers = (over: Readonly<Record<string, readonly string[]>>) =>
    assertConfig({
      ...config,
      tiers: Object.fromEntries(
        Object.entries(over).map(([name, instanceTypes]) => [
          name,
          { labels: [name], architecture: 'x64' as const, instanceTypes, maxRunners: 2 },
        ]),
      ),
      defaultTier: Object.keys(over)[0]!,
    }).deployment.tiers.map(({ name, includedIn }) => [name, includedIn]);

  it('is included in the plans behind it that are no smaller', () => {
    expect(withTiers({ one: ['t3.medium'], two: ['m5.xlarge'], three: ['t3.xlarge'] })).toEqual([
      ['one', ['two', 'three']],
      ['two', ['three']],
      ['three', undefined],
    ]);
  });

  it('is not included in the plan of a smaller tier, wherever that is configured', () => {
    expect(withTiers({ gpu: ['g5.2xlarge'], small: ['t3.medium'], large: ['m5.4xlarge'] })).toEqual([
      ['gpu', ['large']],
      ['small', ['large']],
      ['large', undefined],
    ]);
  });
});
