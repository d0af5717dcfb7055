/** The tiers' rules, of each and of all against each other. */
import { describe, expect, it } from '@jest/globals';
import { checkConfig } from '../../lib/config/check-config.ts';
import { instanceArchitecture } from '../../lib/config/instance-architecture.ts';
import { configWith, thirtyTiers, tierWith } from './configurations.ts';

const faultsOfTiers = (tiers: unknown, defaultTier = 'small') => {
  const outcome = checkConfig(configWith({ tiers, defaultTier }));
  return outcome.ok ? [] : outcome.faults;
};

describe('a tier with a fault', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no labels', { labels: [] }, 'tiers.small.labels is []; it must be a list of 1 to 100 labels.'],
    [
      'a label with a comma',
      { labels: ['a,b'] },
      'A label of tiers.small.labels is "a,b"; it must be 1 to 100',
    ],
    ['a label twice', { labels: ['Linux', 'linux', 'x'] }, 'has "linux" more than once'],
    ["a label of GitHub's machines", { labels: ['ubuntu-latest'] }, "none of GitHub's own machines"],
    [
      'an unknown architecture',
      { architecture: 'riscv' },
      'architecture is "riscv"; it must be "x64" or "arm64".',
    ],
    ['no instance types', { instanceTypes: [] }, 'it must be a list of at least one EC2 instance type.'],
    ['a text for a list', { instanceTypes: 't3.medium' }, 'instanceTypes is "t3.medium"; it must be a list'],
    [
      'an unknown instance type',
      { instanceTypes: ['medium'] },
      'instanceTypes has "medium"; allowed are EC2',
    ],
    [
      'a type of another architecture',
      { instanceTypes: ['t4g.small'] },
      "which is arm64; the tier's architecture is x64",
    ],
    ['an instance type twice', { instanceTypes: ['t3.small', 't3.small'] }, 'name each type once'],
    [
      'too many runners',
      { maxRunners: 1001 },
      'maxRunners is 1001; it must be a whole number from 1 to 1000.',
    ],
    ['another system', { os: 'windows' }, 'os is "windows"; it must be "linux".'],
    ['a market that is no yes or no', { spot: 'yes' }, 'spot is "yes"; it must be true or false.'],
    [
      'a misspelled setting',
      { maxRunner: 2 },
      'tiers.small has no setting "maxRunner"; its settings are labels,',
    ],
  ])('%s is told', (_, changes, message) => {
    const faults = faultsOfTiers({ small: tierWith(changes) });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  it.each(['Small', '1st', 'a_b', 'ends-', 'x'.repeat(25)])('the name %s is told', (name) => {
    const faults = faultsOfTiers({ [name]: tierWith() }, name);
    expect(faults).toEqual([expect.stringContaining(`A tier name is ${JSON.stringify(name)}`)]);
  });
});

describe('tiers together', () => {
  it.each([0, 31])('are refused when there are %d', (count) => {
    const tiers = Array.from({ length: count }, (_, n) => [`t${n}`, tierWith({ labels: [`label-${n}`] })]);
    const expected = `The number of tiers is ${count}; it must be from 1 to 30.`;
    expect(faultsOfTiers(Object.fromEntries(tiers), 't0')).toContain(expected);
  });

  it('are refused when the labels of one are among those of another, in whatever case', () => {
    const small = tierWith({ labels: ['self-hosted', 'Linux'] });
    const faults = faultsOfTiers({ small, other: tierWith({ labels: ['self-hosted', 'linux', 'big'] }) });
    expect(faults).toEqual([expect.stringContaining('give small a label that other lacks')]);
  });

  it('are refused when their names differ in hyphens only', () => {
    const faults = faultsOfTiers({ small: tierWith(), 'sm-all': tierWith({ labels: ['other'] }) });
    expect(faults).toEqual([expect.stringContaining('"small" and "sm-all" differ in hyphens only')]);
  });

  it("are refused when their queues' addresses overflow the functions' environment", () => {
    const longer = Object.entries(thirtyTiers.tiers).map(([name, tier]) => [`customer-${name}`, tier]);
    const faults = faultsOfTiers(Object.fromEntries(longer), 'customer-tier-01');
    expect(faults).toEqual([expect.stringContaining('Shorten the names')]);
    expect(checkConfig(thirtyTiers).ok).toBe(true);
  });
});

describe('the architecture of an instance type', () => {
  it.each([
    ['t3.medium', 'x64'],
    ['m5.24xlarge', 'x64'],
    ['g4dn.xlarge', 'x64'],
    ['g6.xlarge', 'x64'],
    ['m7i-flex.large', 'x64'],
    ['u-6tb1.metal', 'x64'],
    ['c5.metal', 'x64'],
    ['t4g.nano', 'arm64'],
    ['a1.large', 'arm64'],
    ['m6gd.16xlarge', 'arm64'],
    ['c7gn.2xlarge', 'arm64'],
    ['im4gn.large', 'arm64'],
    ['is4gen.medium', 'arm64'],
    ['g5g.xlarge', 'arm64'],
    ['x2gd.metal', 'arm64'],
    ['mac2.metal', undefined],
    ['t3', undefined],
    ['t3.huge', undefined],
  ])('%s is %s', (type, expected) => {
    expect(instanceArchitecture(type)).toBe(expected);
  });
});
