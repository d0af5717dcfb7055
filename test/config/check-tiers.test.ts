/** The rules for each tier, and for the tiers together. */
import { describe, expect, it } from '@jest/globals';
import { checkConfig } from '../../lib/config/check-config.ts';
import { instanceArchitecture } from '../../lib/config/instance-architecture.ts';
import { virtualProcessors } from '../../lib/config/instance-size.ts';
import { configWith, thirtyTiers, tierWith } from './configurations.ts';

const faultsOfTiers = (tiers: unknown, defaultTier = 'small') => {
  const outcome = checkConfig(configWith({ tiers, defaultTier }));
  return outcome.ok ? [] : outcome.faults;
};

describe('a tier with a fault', () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      'a limit that is no number',
      { maxRunners: Number.NaN },
      'maxRunners is NaN; it must be a whole number from 1 to 1000.',
    ],
    ['no labels', { labels: [] }, 'tiers.small.labels is []; it must be a list of 1 to 100 labels.'],
    [
      'a label with a comma',
      { labels: ['a,b'] },
      'A label of tiers.small.labels is "a,b"; it must be 1 to 100',
    ],
    ['a label with a control character', { labels: ['a\u0000'] }, 'without spaces, commas and control'],
    ['a label twice', { labels: ['Linux', 'linux', 'x'] }, 'has "linux" more than once'],
    [
      'a label of GitHub-hosted runners',
      { labels: ['ubuntu-latest'] },
      'a label that GitHub-hosted runners do not have',
    ],
    [
      'an unknown architecture',
      { architecture: 'riscv' },
      'architecture is "riscv"; it must be "x64" or "arm64".',
    ],
    ['no instance types', { instanceTypes: [] }, 'it must be a list of at least one EC2 instance type.'],
    [
      'a string in place of a list',
      { instanceTypes: 't3.medium' },
      'instanceTypes is "t3.medium"; it must be a list',
    ],
    [
      'an unknown instance type',
      { instanceTypes: ['medium'] },
      'instanceTypes has "medium"; allowed values are EC2',
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
    ['a spot setting that is not a boolean', { spot: 'yes' }, 'spot is "yes"; it must be true or false.'],
    [
      'a misspelled setting',
      { maxRunner: 2 },
      'tiers.small has no setting "maxRunner"; its settings are labels,',
    ],
  ])('%s is reported', (_, changes, message) => {
    const faults = faultsOfTiers({ small: tierWith(changes) });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['an invalid image', { image: 'ubuntu' }, 'image is "ubuntu"; it must be an image\'s id ("ami-…") or'],
    ['a root disk without an image', { rootDevice: '/dev/xvda' }, 'must be left out if there is no image'],
    ['an invalid root disk', { image: 'ami-0123456789abcdef0', rootDevice: 'sda1' }, 'rootDevice is "sda1"'],
    ['a disk too small for the image', { diskGigabytes: 4 }, 'must be a whole number from 8 to 65536.'],
    ['too many operations', { diskIops: 80_001, diskGigabytes: 500 }, 'a whole number from 3000 to 80000.'],
    ['a disk filled too fast', { diskInitializationMegabytes: 301 }, 'a whole number from 100 to 300.'],
    ['too little throughput', { diskThroughputMegabytes: 100 }, 'a whole number from 125 to 2000.'],
    [
      'more operations than its size allows',
      { diskGigabytes: 20, diskIops: 10_001 },
      'diskIops is 10001; it must be at most 500 for each of the 20 gigabytes.',
    ],
    [
      'more throughput than its operations allow',
      { diskThroughputMegabytes: 751 },
      'diskThroughputMegabytes is 751; it must be at most a quarter of diskIops, which is 3000.',
    ],
    [
      'an unknown credits setting',
      { cpuCredits: 'none' },
      'cpuCredits is "none"; it must be "standard" or "unlimited"',
    ],
    [
      'credits with a type that has none',
      { cpuCredits: 'standard', instanceTypes: ['t3.large', 'm5.large'] },
      'must be left out if an instance type is not burstable, such as m5.large',
    ],
    [
      'a rootless setting that is not a boolean',
      { rootless: 'no' },
      'rootless is "no"; it must be true or false.',
    ],
    [
      'extra user data that is not a string',
      { extraUserData: ['ls'] },
      'must be shell commands, or left out.',
    ],
    [
      'a hundred and one labels',
      { labels: Array.from({ length: 101 }, (_, n) => `label-${n}`) },
      'it must be a list of 1 to 100 labels',
    ],
    [
      'too much extra user data',
      { extraUserData: 'é'.repeat(1281) },
      'has 2562 bytes; at most 2560 fit in addition',
    ],
    [
      'a policy in place of a role',
      { instanceRoleArn: 'arn:aws:iam::1:policy/p' },
      'it must be the ARN of a role',
    ],
    [
      'an extra label that it has already',
      { extraLabels: ['LINUX'] },
      'has "LINUX", which tiers.small.labels has',
    ],
    [
      'more labels than GitHub accepts',
      { extraLabels: Array.from({ length: 97 }, (_, n) => `extra-${n}`) },
      'The number of tiers.small.labels and extraLabels is 101; it must be at most 100 together.',
    ],
    [
      'an extra label of GitHub-hosted runners',
      { extraLabels: ['ubuntu-24.04'] },
      'a label that GitHub-hosted runners do not have',
    ],
  ])('%s is reported', (_, changes, message) => {
    const faults = faultsOfTiers({ small: tierWith(changes) });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  it('is reported together with all other errors', () => {
    const faults = faultsOfTiers({
      small: tierWith({ image: 1, diskGigabytes: 'big', diskIops: 1, extraLabels: 'x', instanceRoleArn: {} }),
    });
    expect(faults).toHaveLength(5);
  });

  it.each(['Small', '1st', 'a_b', 'ends-', 'x'.repeat(25)])('named %s is reported', (name) => {
    const faults = faultsOfTiers({ [name]: tierWith() }, name);
    expect(faults).toEqual([expect.stringContaining(`A tier name is ${JSON.stringify(name)}`)]);
  });
});

describe('several tiers', () => {
  it.each([0, 31])('are refused when there are %d', (count) => {
    const tiers = Array.from({ length: count }, (_, n) => [`t${n}`, tierWith({ labels: [`label-${n}`] })]);
    const expected = `The number of tiers is ${count}; it must be from 1 to 30.`;
    expect(faultsOfTiers(Object.fromEntries(tiers), 't0')).toContain(expected);
  });

  it("are refused if the labels of one are a subset of another's, in any case", () => {
    const small = tierWith({ labels: ['self-hosted', 'Linux'] });
    const faults = faultsOfTiers({ small, other: tierWith({ labels: ['self-hosted', 'linux', 'big'] }) });
    expect(faults).toEqual([expect.stringContaining('give small a label that other lacks')]);
  });

  it("are refused if one's labels are among the labels and extra labels of another", () => {
    const small = tierWith({ labels: ['self-hosted', 'small'] });
    const other = tierWith({ labels: ['self-hosted', 'big'], extraLabels: ['Small'] });
    expect(faultsOfTiers({ small, other })).toEqual([expect.stringContaining('give small a label')]);
  });

  it('may share extra labels, which their runners register with and jobs may name', () => {
    const big = tierWith({
      labels: ['self-hosted', 'big'],
      extraLabels: ['gpu'],
      instanceTypes: ['m5.large'],
    });
    const outcome = checkConfig(configWith({ tiers: { small: tierWith({ extraLabels: ['gpu'] }), big } }));
    expect(outcome).toMatchObject({ ok: true });
    const labels = outcome.ok ? outcome.config.deployment.tiers.map((tier) => tier.labels) : [];
    expect(labels).toEqual([
      ['self-hosted', 'linux', 'x64', 'small', 'gpu'],
      ['self-hosted', 'big', 'gpu'],
    ]);
  });

  it('are refused if the larger one comes first and a job could match either', () => {
    const large = tierWith({ labels: ['self-hosted', 'large'], instanceTypes: ['m5.2xlarge', 't3.small'] });
    const faults = faultsOfTiers({ large, small: tierWith() });
    expect(faults).toEqual([
      'tiers.large comes before tiers.small but is larger (8 vCPUs against 2), so jobs that name only ' +
        '["self-hosted"] would get the larger one; move large after small.',
    ]);
  });

  it.each([
    ['no job can match both', { labels: ['large'] }],
    ['the size is unknown', { labels: ['self-hosted', 'large'], instanceTypes: ['m5.metal'] }],
  ])('may come in any order if %s', (_, changes) => {
    const large = tierWith({ instanceTypes: ['m5.2xlarge'], ...changes });
    expect(faultsOfTiers({ large, small: tierWith() })).toEqual([]);
  });

  it('may come in any order after a small one that gets the jobs which could match either', () => {
    const first = tierWith({ labels: ['self-hosted', 'linux', 'first'] });
    const large = tierWith({ labels: ['linux', 'large'], instanceTypes: ['m5.2xlarge'] });
    expect(faultsOfTiers({ first, large, small: tierWith() })).toEqual([]);
  });

  it('are refused if they name more parameters and roles than fit in a role', () => {
    const faultsWith = (settingsOf: (n: number) => object) => {
      const tiers = Object.entries(thirtyTiers.tiers).map(([name, tier], n) => [
        name,
        { ...tier, ...settingsOf(n) },
      ]);
      return faultsOfTiers(Object.fromEntries(tiers), 'tier-01');
    };
    const image = (n: number) => `resolve:ssm:/images/${n}`;
    const instanceRoleArn = (n: number) => `arn:aws:iam::123456789012:role/jobs-${n}`;
    const tooMany = [expect.stringContaining('is 11; it must be at most 10')];
    expect(faultsWith((n) => ({ image: image(n % 11) }))).toEqual(tooMany);
    expect(faultsWith((n) => ({ image: image(n % 5), instanceRoleArn: instanceRoleArn(n % 6) }))).toEqual(
      tooMany,
    );
    expect(faultsWith((n) => ({ image: image(n % 5), instanceRoleArn: instanceRoleArn(n % 5) }))).toEqual([]);
    const named = (n: number) => ({ image: `ami-${String(n).padStart(17, '0')}` });
    expect(faultsWith(named)).toEqual([]);
  });

  it('are refused if their names differ only in hyphens', () => {
    const faults = faultsOfTiers({ small: tierWith(), 'sm-all': tierWith({ labels: ['other'] }) });
    expect(faults).toEqual([expect.stringContaining('"small" and "sm-all" differ only in hyphens')]);
  });

  it("are refused if their queues' URLs overflow the functions' environment", () => {
    const longer = Object.entries(thirtyTiers.tiers).map(([name, tier]) => [
      `biggest-customer-${name}`,
      tier,
    ]);
    const faults = faultsOfTiers(Object.fromEntries(longer), 'biggest-customer-tier-01');
    expect(faults).toEqual([expect.stringContaining('Shorten the names')]);
    expect(checkConfig(thirtyTiers).ok).toBe(true);
  });
});

describe("a tier's subnets", () => {
  const network = {
    vpcId: 'vpc-0123456789abcdef0',
    subnets: [
      { id: 'subnet-0aaaaaaaaaaaaaaaa', zone: 'us-east-1a' },
      { id: 'subnet-0bbbbbbbbbbbbbbbb', zone: 'us-east-1b' },
    ],
  };
  const outcomeOf = (subnetIds: unknown, changes = { network }) =>
    checkConfig(configWith({ tiers: { small: tierWith({ subnetIds }) }, ...changes }));

  it("may be some of the network's", () => {
    const subnetIds = ['subnet-0bbbbbbbbbbbbbbbb'];
    expect(outcomeOf(subnetIds)).toMatchObject({ config: { deployment: { tiers: [{ subnetIds }] } } });
  });

  it.each<[string, unknown, object, string]>([
    ["Mayfly's own", ['subnet-0aaaaaaaaaaaaaaaa'], {}, 'must be left out unless network names the subnets'],
    ['none', [], { network }, 'it must be a list of at least one subnet'],
    [
      'unknown ones',
      ['subnet-1'],
      { network },
      'has "subnet-1"; network.subnets has subnet-0aaaaaaaaaaaaaaaa, ',
    ],
    ['one twice', Array(2).fill('subnet-0aaaaaaaaaaaaaaaa'), { network }, 'names a subnet twice'],
  ])('may not be %s', (_, subnetIds, changes, message) => {
    const outcome = outcomeOf(subnetIds, changes as { network: typeof network });
    expect(outcome).toEqual({ ok: false, faults: [expect.stringContaining(message)] });
  });
});

describe('the virtual processors of an instance type', () => {
  it.each([
    ['t2.micro', 1],
    ['t2.medium', 2],
    ['t3.nano', 2],
    ['t4g.large', 2],
    ['m7g.medium', 1],
    ['c7i.xlarge', 4],
    ['m5.24xlarge', 96],
    ['g6.12xlarge', 48],
    ['m5.metal', undefined],
    ['hpc7g.16xlarge', undefined],
  ])('of %s are %s', (type, expected) => {
    expect(virtualProcessors(type)).toBe(expected);
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

describe('the tiers as a whole', () => {
  it('count as one fault if there are none', () => {
    expect(faultsOfTiers({})).toEqual(['The number of tiers is 0; it must be from 1 to 30.']);
  });

  it('have no name that CDK reserves', () => {
    expect(faultsOfTiers({ constructor: tierWith({}) }, 'constructor')).toEqual([
      'A tier name is "constructor"; CDK reserves it, so choose another.',
    ]);
  });
});
