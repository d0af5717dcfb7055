/** `mayfly verify` against an account with one deployment: what it says where something is otherwise, and what it leaves. */
import { CreateFleetCommand, EC2Client } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { policies } from '../../lib/cli/policies/policies.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { verify } from '../../lib/cli/verify.ts';
import { verifyRequest } from '../../lib/cli/verify-launch.ts';
import type { Row } from '../../lib/cli/verify-report.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { TierName } from '../../lib/core/ids.ts';
import type { PolicyDocument, PolicyStatement } from '../../lib/local/aws/service.ts';
import config from '../../mayfly.config.ts';
import { givenOperatorAccount, type OperatorAccount, place } from './operator-account.ts';
import { recordingIo } from './support.ts';

let account: OperatorAccount;
beforeEach(async () => {
  account = await givenOperatorAccount(config.environment);
});
afterEach(() => account.close());

const everything: PolicyDocument = { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };
const ownPolicy = () =>
  policies
    .find(({ name }) => name === 'verify')!
    .document({
      environment: config.environment,
      region: place.region,
      account: place.accountId,
      instanceTypes: Object.values(config.tiers).flatMap((tier) => tier.instanceTypes),
    }) as PolicyDocument;

let people = 0;
/** The laptop's EC2 signs identity documents with a key of its own. */
const trusting = () => ({ identityCertificates: { [place.region]: [account.ec2.identityCertificatePem] } });

async function run(
  policy: PolicyDocument,
  args: readonly string[] = ['--json'],
  changes: Partial<MayflyConfig> = trusting(),
) {
  const { accessKeyId, secretAccessKey } = account.endpoint.addPrincipal({
    name: `person-${people++}`,
    arn: `arn:aws:iam::${place.accountId}:user/person`,
    policies: [policy],
  });
  const { io, printed } = recordingIo();
  const status = await runCommand([verify], ['verify', ...args], {
    config: { ...config, ...changes },
    io,
    environment: {
      AWS_ENDPOINT_URL: account.endpoint.url,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    },
  });
  return { status, ...printed() };
}

const rowsOf = ({ out }: { readonly out: string }) => JSON.parse(out) as Row[];
const notPassed = (rows: readonly Row[]) =>
  rows.filter(({ verdict }) => verdict !== 'PASS').map(({ check, verdict }) => `${check} ${verdict}`);
const live = () => account.ec2.instances().filter(({ state }) => state === 'pending' || state === 'running');

describe('mayfly verify', () => {
  it('passes in a correct account, prints a table, and leaves no machine', async () => {
    const { status, out } = await run(ownPolicy(), []);
    expect([status, out]).toEqual([0, expect.stringMatching(/conditions of the roles +PASS/)]);
    expect(out).toContain('replay of the token: no second machine, and not the first: an empty answer');
    expect(out).not.toContain('What to do');
    expect(account.ec2.instances()).toHaveLength(1);
    expect(live()).toEqual([]);
  });

  it('says that broad credentials prove nothing about the conditions', async () => {
    const result = await run(everything);
    expect(notPassed(rowsOf(result))).toEqual(['conditions of the roles SKIPPED']);
    expect(result.status).toBe(0);
  });

  it('fails if EC2 offers no type of a tier, and says so once', async () => {
    const gpu = { ...config.tiers['small']!, labels: ['gpu'], instanceTypes: ['g5.xlarge'] };
    const tiers = { ...config.tiers, gpu };
    const rows = rowsOf(await run(everything, ['--json'], { ...trusting(), tiers }));
    expect(rows.filter(({ verdict }) => verdict === 'FAIL')).toMatchObject([
      { check: 'offerings', found: expect.stringContaining('none of g5.xlarge in us-east-1a') },
    ]);
  });

  it("fails if a launch is refused, with EC2's message and what to read", async () => {
    const { Statement } = ownPolicy();
    const without = [Statement].flat().filter(({ Sid }) => Sid !== 'OwnImage') as PolicyStatement[];
    const result = await run({ Statement: without });
    const launch = rowsOf(result).find(({ check }) => check === 'launch');
    expect(launch).toMatchObject({
      verdict: 'FAIL',
      found: expect.stringMatching(/UnauthorizedOperation.*image/),
      remedy: expect.stringContaining('docs/FIRST-DEPLOY.md'),
    });
    expect(result.status).toBe(1);
  });

  it('fails if metadata options differ from the template, from outside and from inside', async () => {
    account.ec2.defineLaunchTemplate({
      name: `${config.environment}-small`,
      data: {
        SecurityGroupIds: ['sg-1'],
        ImageId: 'ami-0123456789abcdef0',
        MetadataOptions: { HttpTokens: 'optional', InstanceMetadataTags: 'enabled' },
      },
    });
    const rows = rowsOf(await run(everything));
    expect(notPassed(rows)).toEqual([
      'conditions of the roles SKIPPED',
      'disks FAIL',
      'metadata options FAIL',
      'metadata from inside FAIL',
    ]);
  });

  it("fails if AWS's certificate for the region is not one that Mayfly has", async () => {
    const rows = rowsOf(await run(ownPolicy(), ['--json'], {}));
    expect(rows.find(({ check }) => check === 'identity')).toMatchObject({
      verdict: 'FAIL',
      found: 'the identity document is refused: unverified',
    });
  });

  it('terminates a machine that an earlier run left behind', async () => {
    const { url, operatorCredentials: credentials } = account.endpoint;
    const client = new EC2Client({ endpoint: url, region: place.region, credentials });
    const { environment } = config;
    const request = { environment, tier: TierName('small'), instanceType: 't3.medium', subnetId: 'subnet-a' };
    const { Instances } = await client.send(new CreateFleetCommand(verifyRequest(request)));
    client.destroy();

    const [leftovers] = rowsOf(await run(ownPolicy()));
    expect(leftovers).toMatchObject({ verdict: 'PASS', found: `ended ${Instances?.[0]?.InstanceIds?.[0]}` });
    expect(live()).toEqual([]);
  });

  it('ends its machine if it cannot continue', async () => {
    const { Statement } = ownPolicy();
    const deny = { Effect: 'Deny' as const, Action: 'ec2:DescribeVolumes', Resource: '*' };
    const { status, error } = await run({ Statement: [...[Statement].flat(), deny] });
    expect([status, error]).toEqual([2, expect.stringContaining('ec2:DescribeVolumes')]);
    expect(account.ec2.instances()).toHaveLength(1);
    expect(live()).toEqual([]);
  });

  it('accepts no unknown tier, and none whose machines get a role', async () => {
    expect(await run(ownPolicy(), ['--tier', 'huge'])).toMatchObject({
      status: 2,
      error: expect.stringContaining('there are small, medium, large'),
    });
    const small = { ...config.tiers['small']!, instanceRoleArn: 'arn:aws:iam::123456789012:role/reader' };
    expect(await run(ownPolicy(), [], { tiers: { small } })).toMatchObject({
      status: 2,
      error: expect.stringContaining('Choose another tier'),
    });
    expect(account.ec2.instances()).toEqual([]);
  });
});
