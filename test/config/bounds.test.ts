/**
 * The least and the most that each number of the configuration may be, and the longest that each text. What lies beyond
 * fails only later: AWS or GitHub refuses it while a deployment or a job runs, or it costs more than anyone meant.
 */
import { describe, expect, it } from '@jest/globals';
import { assertConfig, checkConfig } from '../../lib/config/check-config.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { trustedCertificates } from '../../lib/contract/aws-certificates.ts';
import { configWith, defaultConfig, thirtyTiers } from './configurations.ts';
import { everySetting, replaced } from './every-setting.ts';

const isValid = (config: unknown) => checkConfig(config as MayflyConfig).ok;
/** With every setting, and this value at a path such as `limits.bootSeconds`. */
const isValidAt = (path: string, value: unknown) => isValid(replaced(everySetting, path.split('.'), value));
const isValidDisk = (disk: object) => isValidAt('tiers.small', { ...everySetting.tiers['small'], ...disk });

describe('a number', () => {
  it.each([
    // A machine costs money while it boots or idles: an hour of either is a mistake.
    ['limits.bootSeconds', 1, 3_600],
    ['limits.idleSeconds', 1, 3_600],
    // https://docs.github.com/en/actions/reference/limits: five days for a job, one day in the queue.
    // The least: a second more than the 300 and 600 of the settings that must be less.
    ['limits.jobSeconds', 301, 432_000],
    ['limits.waitSeconds', 601, 86_400],
    ['caps.machinesInAll', 1, 100_000],
    ['caps.waitingJobsPerTenant', 1, 10_000],
    ['caps.launchesPerMinutePerTenant', 1, 10_000],
    ['tiers.small.maxRunners', 1, 1_000],
    ['tiers.small.capOverAllTenants', 1, 100_000],
    // AWS::Lambda::EventSourceMapping ScalingConfig: MaximumConcurrency from 2 to 1000.
    ['scaleUpConcurrency', 2, 1_000],
    ['reservedConcurrency.webhook', 1, 1_000],
    ['machineImages.keep', 2, 100],
    ['rates.roundSeconds', 1, 3_600],
    ['rates.freeMinutes', 0, 10_000_000],
    ['rates.tiers.small.0.perMinute', 0, 100],
    ['prices.address', 0, 1_000_000_000_000],
    ['tiers.small.diskInitializationMegabytes', 100, 300],
  ])('%s is from %i to %i', (path, least, most) => {
    const valid = [least - 1, least, most, most + 1].map((value) => isValidAt(path, value));
    expect(valid).toEqual([false, true, true, false]);
  });

  it('has the default that the reference of settings states', () => {
    const { machineImages, scaleUpConcurrency, machines } = assertConfig(configWith({ machineImages: {} }));
    const gigabytes = [...machines.values()].map(({ diskGigabytes }) => diskGigabytes);
    expect({ machineImages, scaleUpConcurrency, gigabytes }).toEqual({
      machineImages: { keep: 3 },
      scaleUpConcurrency: 5,
      gigabytes: [30, 30, 30],
    });
  });

  // https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
  it.each([
    ['diskGigabytes', 8, 65_536, {}],
    ['diskIops', 3_000, 80_000, { diskGigabytes: 160, diskThroughputMegabytes: 125 }],
    ['diskThroughputMegabytes', 125, 2_000, { diskGigabytes: 160, diskIops: 80_000 }],
  ])('of a gp3 volume, %s, is from %i to %i', (name, least, most, disk) => {
    const valid = [least - 1, least, most, most + 1].map((value) => isValidDisk({ ...disk, [name]: value }));
    expect(valid).toEqual([false, true, true, false]);
  });

  it('of operations is at most 500 for each gigabyte, and of megabytes a second a quarter of the operations', () => {
    const disk = { diskGigabytes: 20, diskIops: 10_000, diskThroughputMegabytes: 2_000 };
    expect([isValidDisk(disk), isValidDisk({ ...disk, diskIops: 10_001 })]).toEqual([true, false]);
    const least = { ...disk, diskIops: 8_000 };
    expect([isValidDisk(least), isValidDisk({ ...least, diskIops: 7_999 })]).toEqual([true, false]);
  });

  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  it('of days that logs are kept is one of the 22 that CloudWatch takes', () => {
    const valid = Array.from({ length: 4_000 }, (_, days) => days).filter((logRetentionDays) =>
      isValid(configWith({ logRetentionDays })),
    );
    expect(valid).toEqual([
      ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545],
      ...[731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
    ]);
  });
});

describe('a text', () => {
  const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
  it.each<[string, number, (name: string) => string]>([
    // Names of functions have 64 characters, and hold the environment's and a tier's.
    ['environment', 24, (name) => name],
    ['runnerGroup', 100, (name) => name],
    // The policies of the functions that launch machines hold ten roles and parameters: see mostNames.
    ['tiers.small.instanceRoleArn', 100, role],
    ['tiers.small.image', 100, (name) => `resolve:ssm:/${name}`],
    ['tiers.small.image', 100, (name) => `resolve:ssm:/images/base:${name}`],
    ['tiers.small.labels.0', 100, (name) => name],
    // RFC 1035: 63 characters in each part of a host's name.
    ['githubHost', 63, (name) => `${name}.example.com`],
    // RFC 5321: a path of 256 characters, with < and >.
    ['alarmEmail', 254, (name) => name.replace(/^../, 'a@')],
  ])('in %s has at most %i characters', (path, most, of) => {
    const valid = [most, most + 1].map((length) => isValidAt(path, of('x'.repeat(length))));
    expect(valid).toEqual([true, false]);
  });

  // EC2 refuses any other at each launch: InvalidAMIID.Malformed.
  it('that is the id of an image has eight or seventeen digits', () => {
    const valid = [7, 8, 9, 16, 17, 18].map((digits) =>
      isValidAt('tiers.small.image', `ami-${'0'.repeat(digits)}`),
    );
    expect(valid).toEqual([false, true, false, false, true, false]);
  });

  // With any other, each machine refuses the runner program that it downloaded.
  it('that is a SHA-256 checksum has 64 digits', () => {
    const valid = [63, 64, 65].map((digits) => isValidAt('runnerSha256.x64', '0'.repeat(digits)));
    expect(valid).toEqual([false, true, false]);
  });

  it('that is the host of GitHub has at most 253 characters, as DNS allows', () => {
    const host = `${'abc.'.repeat(62)}a.com`;
    expect(host).toHaveLength(253);
    expect([isValidAt('githubHost', host), isValidAt('githubHost', `a${host}`)]).toEqual([true, false]);
  });

  it.each([
    ['costsExport.payerAccount', (account: string) => account],
    ['permissionsBoundaryArn', (account: string) => `arn:aws:iam::${account}:policy/boundary`],
    ['kmsKeyArn', (account: string) => String(everySetting.kmsKeyArn).replace('123456789012', account)],
    ['tiers.small.instanceRoleArn', (account: string) => `arn:aws:iam::${account}:role/builds`],
  ])('in %s names an account by its twelve digits', (path, of) => {
    const accounts = ['12345678901', '123456789012', '1234567890123'];
    expect(accounts.map((account) => isValidAt(path, of(account)))).toEqual([false, true, false]);
  });
});

describe('a list', () => {
  const numbered = (count: number) => Array.from({ length: count }, (_, n) => `label-${n}`);
  const [certificate = ''] = trustedCertificates('eu-west-1');
  const subnet = (n: number) => ({ id: `subnet-0123456789abcdef${n}`, zone: 'us-east-1a' });

  it.each<[string, number, (count: number) => unknown]>([
    // https://docs.github.com/en/rest/actions/self-hosted-runners: labels, between 1 and 100 items.
    // The tier has one more, in extraLabels.
    ['tiers.small.labels', 99, numbered],
    ['identityCertificates.eu-west-1', 5, (count) => Array(count).fill(certificate)],
  ])('%s has from one to %i items', (path, most, of) => {
    const valid = [0, 1, most, most + 1].map((count) => isValidAt(path, of(count)));
    expect(valid).toEqual([false, true, true, false]);
  });

  it("of a network's subnets has from one to six items", () => {
    const withSubnets = (count: number) => ({
      ...defaultConfig,
      network: {
        vpcId: 'vpc-0123456789abcdef0',
        subnets: Array.from({ length: count }, (_, n) => subnet(n)),
      },
    });
    expect([0, 1, 6, 7].map((count) => isValid(withSubnets(count)))).toEqual([false, true, true, false]);
  });
});

describe("a network of Mayfly's own", () => {
  const valid = (networks: readonly object[]) => networks.map((network) => isValid(configWith({ network })));

  it('has from one to six zones, and no more NAT gateways than zones', () => {
    expect(valid([0, 1, 6, 7].map((zones) => ({ zones })))).toEqual([false, true, true, false]);
    expect(valid([0, 1, 3, 4].map((nat) => ({ zones: 3, nat })))).toEqual([false, true, true, false]);
  });

  // A VPC has at most 65,536 addresses. A sixteenth of 256 is 16, the least that EC2 accepts in a subnet:
  // https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
  it('has a range from /16 to /24', () => {
    const cidrs = [15, 16, 24, 25].map((bits) => ({ cidr: `10.0.0.0/${bits}` }));
    expect(valid(cidrs)).toEqual([false, true, true, false]);
  });

  it('names ports from 1 to 65535, among them 443', () => {
    const ranges = [
      [0, 443],
      [1, 443],
      [443, 65_535],
      [443, 65_536],
      [1, 442],
      [444, 65_535],
    ];
    const networks = ranges.map((ports) => ({ egress: [{ to: 'internet', protocol: 'tcp', ports }] }));
    expect(valid(networks)).toEqual([false, true, true, false, false, false]);
  });

  // https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html: 20 rules, of which Mayfly needs eight.
  it('has at most twelve private ranges, which is what fits in a network ACL', () => {
    const ranges = (count: number) => Array.from({ length: count }, (_, n) => ({ to: `10.${n}.0.0/16` }));
    const networks = [12, 13].map((count) => ({ egress: [{ to: 'internet' }, ...ranges(count)] }));
    expect(valid(networks)).toEqual([true, false]);
  });
});

describe('the variables of a function, which hold the addresses of all queues and the subnets', () => {
  const existing = (zones: readonly string[]) => (region: string) => ({
    vpcId: 'vpc-0123456789abcdef0',
    subnets: zones.map((zone, n) => ({ id: `subnet-0123456789abcdef${n}`, zone: `${region}${zone}` })),
  });
  const local = [...'abcdef'].map((letter) => `-bos-1${letter}`);
  const longest = 'ap-southeast-1';

  /** Thirty tiers with so many more letters, spread over their names. */
  const tiersWith = (letters: number) =>
    Object.fromEntries(
      Object.entries(thirtyTiers.tiers).map(([name, tier], n) => [
        name + 'x'.repeat(Math.floor((letters + n) / 30)),
        tier,
      ]),
    );

  // Lambda takes 4,096 bytes; size.test.ts fills them. Each letter of a tier's name counts twice.
  it.each<[string, (region: string) => object, number, number]>([
    ['3,200 of addresses', existing(['a', 'b']), 24, 70],
    ['3,330 with six subnets', existing([...'abcdef']), 24, 12],
    ['3,330 with six of Mayfly’s own', () => ({ zones: 6 }), 24, 12],
    ['3,330 with six in local zones, whose names are longer', existing(local), 23, 9],
  ])('have room for %s', (_, network, letters, more) => {
    const environment = 'e'.repeat(letters);
    const valid = [more, more + 1].map((count) =>
      isValid({
        ...{ ...thirtyTiers, region: longest, environment, network: network(longest) },
        ...{ tiers: tiersWith(count), defaultTier: Object.keys(tiersWith(count))[0] },
      }),
    );
    expect(valid).toEqual([true, false]);
  });

  it('have more room in a region with a shorter name', () => {
    const environment = 'e'.repeat(24);
    const valid = [longest, 'us-east-1'].map((region) =>
      isValid({
        ...{ ...thirtyTiers, environment, region, network: existing([...'abcdef'])(region) },
        ...{ tiers: tiersWith(29), defaultTier: 'tier-01' },
      }),
    );
    expect(valid).toEqual([false, true]);
  });
});
