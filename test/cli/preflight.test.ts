import { afterEach, describe, expect, it } from '@jest/globals';
import { preflight } from '../../lib/cli/preflight.ts';
import { vcpuQuota } from '../../lib/cli/preflight-families.ts';
import { vcpuNeeds } from '../../lib/cli/preflight-rules.ts';
import { configWith, defaultConfig } from '../config/configurations.ts';
import { run, type ScriptedAws, startScriptedAws } from './support.ts';

const vcpus: Record<string, number> = {
  't3.medium': 2,
  't3.large': 2,
  'm5.large': 2,
  't3.xlarge': 4,
  'm5.xlarge': 4,
  'g5.xlarge': 4,
  'q9.large': 2,
};
let aws: ScriptedAws | undefined;
afterEach(() => aws?.close());

const smallest = { 'L-1216C47A': 5, 'L-34B43A08': 5, 'L-B99A9384': 10, 'L-F678F1CE': 5, 'L-0263D0A3': 5 };
const roomy = { 'L-1216C47A': 640, 'L-34B43A08': 640, 'L-B99A9384': 1000, 'L-F678F1CE': 5, 'L-0263D0A3': 5 };
const tagged = (environment: string) =>
  `<item><tagSet><item><key>ghr:environment</key><value>${environment}</value></item></tagSet></item>`;

interface Account {
  /** Environments whose VPC the account has; '' for any other VPC. */
  readonly vpcs?: readonly string[];
  readonly addresses?: number;
  readonly zones?: number;
  readonly subnet?: { readonly zone: string; readonly free: number };
  /** `t3.medium us-east-1a`: not offered there. Of the zones by name, as AWS has them. */
  readonly lacks?: readonly string[];
  /** The data type by name. */
  readonly parameters?: Readonly<Record<string, string>>;
}

async function givenAccount(values: Readonly<Record<string, number>>, account: Account = {}) {
  const { vpcs = [''], addresses = 0, zones = 6, subnet, parameters = {}, lacks = [] } = account;
  const types = Object.entries(vcpus)
    .map(
      ([type, count]) =>
        `<item><instanceType>${type}</instanceType><vCpuInfo><defaultVCpus>${count}</defaultVCpus></vCpuInfo></item>`,
    )
    .join('');
  const subnets = subnet
    ? `<item><subnetId>subnet-0123456789abcdef0</subnetId><vpcId>vpc-0123456789abcdef0</vpcId>
       <availabilityZone>${subnet.zone}</availabilityZone>
       <availableIpAddressCount>${subnet.free}</availableIpAddressCount></item>`
    : '';
  const names = [...'fedcba'].slice(-zones).map((letter) => `us-east-1${letter}`);
  const offered = Object.keys(vcpus)
    .flatMap((type) => names.map((zone) => ({ type, zone })))
    .filter(({ type, zone }) => !lacks.includes(`${type} ${zone}`))
    .map(({ type, zone }) => `<item><instanceType>${type}</instanceType><location>${zone}</location></item>`);
  // EC2 gives offerings in pages.
  const half = offered.length / 2;
  const page = (rows: readonly string[], next = '') =>
    `<instanceTypeOfferingSet>${rows.join('')}</instanceTypeOfferingSet>${next}`;
  const answers: Record<string, string> = {
    DescribeInstanceTypes: `<instanceTypeSet>${types}</instanceTypeSet>`,
    DescribeVpcs: `<vpcSet>${vpcs.map(tagged).join('')}</vpcSet>`,
    DescribeAddresses: `<addressesSet>${'<item/>'.repeat(addresses)}</addressesSet>`,
    DescribeAvailabilityZones: `<availabilityZoneInfo>${names.map((name) => `<item><zoneName>${name}</zoneName></item>`).join('')}</availabilityZoneInfo>`,
    DescribeSubnets: `<subnetSet>${subnets}</subnetSet>`,
  };
  aws = await startScriptedAws(({ action, input }) => {
    if (action === 'AmazonSSM.GetParameters') {
      const known = (input['Names'] as string[]).filter((name) => parameters[name]);
      return { json: { Parameters: known.map((Name) => ({ Name, DataType: parameters[Name] })) } };
    }
    if (action === 'DescribeInstanceTypeOfferings') {
      const body = input['NextToken']
        ? page(offered.slice(half))
        : page(offered.slice(0, half), '<nextToken>more</nextToken>');
      return { xml: `<${action}Response>${body}</${action}Response>` };
    }
    return answers[action] === undefined
      ? { json: { Quota: { Value: values[String(input['QuotaCode'])] } } }
      : { xml: `<${action}Response>${answers[action]}</${action}Response>` };
  });
  return aws.url;
}

describe('mayfly preflight', () => {
  it('has nothing to request in an account with room', async () => {
    const url = await givenAccount(roomy);
    const { status, out } = await run(preflight, [], url);
    expect(status).toBe(0);
    expect(out).not.toContain('request-service-quota-increase');
  });

  it('says what the stock image lacks, if no other image is configured', async () => {
    const url = await givenAccount(roomy);
    expect((await run(preflight, [], url)).out).toMatch(
      /Machines of small, medium, large start from Ubuntu's stock image, which has no Docker/,
    );
    const own = configWith({ machineImages: {} });
    expect((await run(preflight, [], url, own)).out).not.toContain('stock image');
  });

  it('shows what burstable machines cost at full CPU, if they are charged for it', async () => {
    const url = await givenAccount(roomy);
    expect((await run(preflight, [], url)).out).toMatch(
      /t3\.medium \(small\) \$0\.1216 instead of \$0\.0416, m5\.large \$0\.0960; t3\.large \(medium\) \$0\.1532/,
    );
    const { small } = defaultConfig.tiers;
    const slowed = configWith({ tiers: { small: { ...small, cpuCredits: 'standard' } } });
    expect((await run(preflight, [], url, slowed)).out).not.toContain('full CPU');
  });

  it('reports the quotas of a new account as tight, and prints how to request more', async () => {
    const url = await givenAccount(smallest);
    const { status, out } = await run(preflight, [], url);
    expect(status).toBe(0);
    expect(out).toMatch(/on-demand.*5 vCPU.*4.*40.*tight/);
    expect(out).toContain('--service-code ec2 --quota-code L-1216C47A --desired-value 40');
  });

  it('exits with 1 if no machine of a tier could start', async () => {
    const url = await givenAccount({ ...roomy, 'L-1216C47A': 2 });
    expect(await run(preflight, ['--json'], url)).toMatchObject({
      status: 1,
      out: expect.stringContaining('"too small"'),
    });
  });

  it('checks the spot quota only if a tier uses spot', () => {
    const tier = { name: 'small', maxRunners: 2, vcpus: new Map([['t3.medium', 2]]) };
    const codes = (spot: boolean) => vcpuNeeds([{ ...tier, spot }]).needs.map(({ quota }) => quota.quotaCode);
    expect(codes(false)).toEqual(['L-1216C47A']);
    expect(codes(true)).toEqual(['L-1216C47A', 'L-34B43A08']);
  });

  it('compares each family with its own quota, and names its tiers', async () => {
    const gpu = {
      ...defaultConfig.tiers['small']!,
      labels: ['gpu'],
      instanceTypes: ['g5.xlarge'],
      maxRunners: 3,
    };
    const config = configWith({ tiers: { ...defaultConfig.tiers, gpu } });
    const url = await givenAccount({ ...roomy, 'L-DB2E81BA': 0 });
    const { status, out } = await run(preflight, [], url, config);
    expect(status).toBe(1);
    expect(out).toMatch(/on-demand G and VT instances, for gpu .*0 vCPU.*4.*12.*too small/);
    expect(out).toMatch(/on-demand standard instances, for small, medium, large .*640 vCPU.*enough/);
    expect(out).toContain('--quota-code L-DB2E81BA --desired-value 12');
  });

  it('says that an unknown family is not checked', async () => {
    const odd = { ...defaultConfig.tiers['small']!, labels: ['odd'], instanceTypes: ['q9.large'] };
    const config = configWith({ tiers: { ...defaultConfig.tiers, odd } });
    const { status, out } = await run(preflight, [], await givenAccount(roomy), config);
    expect(status).toBe(0);
    expect(out).toMatch(/Not checked.*\n +q9\.large of odd, on-demand/);
  });

  it.each([
    ['im4gn.large', 'L-1216C47A', 'L-34B43A08'],
    ['gr6.4xlarge', 'L-DB2E81BA', 'L-3819A6DF'],
    ['p4d.24xlarge', 'L-417A185B', 'L-7212CCBC'],
    ['p5.48xlarge', 'L-417A185B', undefined],
    ['inf2.xlarge', 'L-1945791B', 'L-B5D1601B'],
    ['trn1.2xlarge', 'L-2C3B7624', 'L-6B0D517C'],
    ['x2gd.medium', 'L-7295265B', 'L-E3A00192'],
    ['f2.6xlarge', 'L-74FC7D96', 'L-88CF9481'],
    ['dl1.24xlarge', 'L-6E869C2A', 'L-85EED4F7'],
    ['hpc7a.12xlarge', 'L-F7808C92', undefined],
    ['u-6tb1.metal', 'L-43DA4232', undefined],
    ['mac2.metal', undefined, undefined],
  ])('%s has the quotas %s and %s', (type, onDemand, spot) => {
    expect([vcpuQuota(type, 'on-demand')?.quotaCode, vcpuQuota(type, 'spot')?.quotaCode]).toEqual([
      onDemand,
      spot,
    ]);
  });

  it('requires room for one more VPC, unless the deployment already has its own', async () => {
    const full = ['', 'one', 'two', 'three', 'four'];
    const first = await run(preflight, [], await givenAccount(roomy, { vpcs: full }));
    expect(first.status).toBe(1);
    expect(first.out).toMatch(/VPCs.*5 VPCs.*6.*too small/);
    await aws?.close();
    const again = [...full.slice(1), 'my-saas'];
    expect((await run(preflight, [], await givenAccount(roomy, { vpcs: again }))).status).toBe(0);
  });

  it('counts the addresses of NAT gateways if they are configured', async () => {
    const config = configWith({ network: { nat: true, zones: 3 } });
    const { status, out } = await run(preflight, [], await givenAccount(roomy, { addresses: 3 }), config);
    expect(status).toBe(1);
    expect(out).toMatch(/Elastic IP addresses.*5 addresses.*6.*too small/);
    expect(out).toContain('--service-code ec2 --quota-code L-0263D0A3 --desired-value 6');
  });

  it('reports if the region has fewer zones than configured', async () => {
    const config = configWith({ network: { zones: 3 } });
    const { status, out } = await run(preflight, [], await givenAccount(roomy, { zones: 2 }), config);
    expect(status).toBe(1);
    expect(out).toContain('The region has 2 availability zones; network.zones is 3.');
  });

  it('names a type that one of the chosen zones lacks, without failing a tier that has another type', async () => {
    const lacks = ['t3.large us-east-1b', 't3.medium us-east-1a', 'm5.xlarge us-east-1c'];
    const { status, out } = await run(preflight, [], await givenAccount(roomy, { lacks }));
    expect(status).toBe(0);
    // The network has two zones, so what the third lacks does not matter.
    expect(out).toMatch(
      /Not offered by EC2.*\n {2}t3\.medium in us-east-1a\n {2}t3\.large in us-east-1b\n\n/,
    );
  });

  it('exits with 1 if EC2 offers no type of a tier in its zones', async () => {
    const lacks = ['t3.medium us-east-1a', 't3.medium us-east-1b'];
    const { status, out } = await run(preflight, [], await givenAccount(roomy, { lacks }));
    expect(status).toBe(1);
    expect(out).toContain(
      'No machine of small can start: EC2 offers none of t3.medium in us-east-1a, us-east-1b.',
    );
  });

  it('checks the types of a tier in the zones of its own subnets', async () => {
    const [a, b] = ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'];
    const subnets = [
      { id: a, zone: 'us-east-1a' },
      { id: b, zone: 'us-east-1b' },
    ];
    const { small, medium } = defaultConfig.tiers;
    const tiers = { small: { ...small!, subnetIds: [b] }, medium: medium! };
    const config = configWith({ tiers, network: { vpcId: 'vpc-0123456789abcdef0', subnets } });
    const lacks = ['t3.medium us-east-1b', 't3.large us-east-1a'];
    const { out } = await run(preflight, ['--json'], await givenAccount(roomy, { lacks }), config);
    expect(JSON.parse(out).offerings).toEqual({
      closed: ['No machine of small can start: EC2 offers none of t3.medium in us-east-1b.'],
      missing: ['t3.large in us-east-1a'],
    });
  });

  it("reports if an existing network's subnets are not as configured", async () => {
    const subnets = [{ id: 'subnet-0123456789abcdef0', zone: 'us-east-1a' }];
    const config = configWith({ network: { vpcId: 'vpc-0123456789abcdef0', subnets } });
    const wrong = { subnet: { zone: 'us-east-1b', free: 0 } };
    const { status, out } = await run(preflight, [], await givenAccount(roomy, wrong), config);
    expect(status).toBe(1);
    expect(out).toContain('subnet-0123456789abcdef0 is in us-east-1b, not in us-east-1a.');
    expect(out).toContain('subnet-0123456789abcdef0 has no free address for a machine.');
    await aws?.close();
    const right = { subnet: { zone: 'us-east-1a', free: 200 } };
    expect((await run(preflight, [], await givenAccount(roomy, right), config)).status).toBe(0);
  });

  it.each([
    [{}, 'There is no parameter /images/own. Create it before you deploy'],
    [{ '/images/own': 'text' }, 'The parameter /images/own has the data type text'],
  ])("exits with 1 if a deploy would find no image in a tier's parameter: %j", async (parameters, text) => {
    const { small } = defaultConfig.tiers;
    const config = configWith({ tiers: { small: { ...small!, image: 'resolve:ssm:/images/own:3' } } });
    const url = await givenAccount(roomy, { parameters });
    expect(await run(preflight, [], url, config)).toMatchObject({
      status: 1,
      out: expect.stringContaining(text),
    });
  });

  it("accepts a parameter with an image, and does not look up AWS's own", async () => {
    const { small, medium } = defaultConfig.tiers;
    const tiers = {
      small: { ...small!, image: 'resolve:ssm:/images/own:3' },
      medium: { ...medium!, image: 'resolve:ssm:/aws/service/ami/x' },
    };
    const url = await givenAccount(roomy, { parameters: { '/images/own': 'aws:ec2:image' } });
    expect(await run(preflight, [], url, configWith({ tiers }))).toMatchObject({ status: 0 });
    expect(aws?.asked.filter(({ action }) => action.startsWith('AmazonSSM'))).toEqual([
      { action: 'AmazonSSM.GetParameters', input: { Names: ['/images/own'] } },
    ]);
  });

  it('finds that reserved concurrency does not fit in a new account', async () => {
    const config = configWith({ reservedConcurrency: { webhook: 5, claim: 5 } });
    const { status, out } = await run(preflight, [], await givenAccount(smallest), config);
    expect(status).toBe(1);
    expect(out).toMatch(/Lambda concurrent executions.*10 executions.*20.*110.*too small/);
  });

  it("prints what a key's policy must contain, with the role for spot if a tier uses it", async () => {
    const kmsKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
    const plain = await run(preflight, ['--json'], await givenAccount(roomy), configWith({ kmsKeyArn }));
    const { keyPolicy } = JSON.parse(plain.out);
    expect(keyPolicy.map(({ Principal }: { Principal: unknown }) => Principal)).toEqual([
      { Service: 'logs.us-east-1.amazonaws.com' },
      { Service: ['events.amazonaws.com', 'cloudwatch.amazonaws.com'] },
    ]);
    await aws?.close();
    const tiers = { small: { ...defaultConfig.tiers['small'], spot: true } };
    const config = configWith({ kmsKeyArn, tiers });
    const spot = await run(preflight, [], await givenAccount(roomy), config);
    expect(spot.out).toContain(`aws kms describe-key --region us-east-1 --key-id ${kmsKeyArn}`);
    expect(spot.out).toContain('role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot');
  });
});
