/** What an operator may choose for a deployment, on the laptop: the template of each choice runs here, or is refused by name. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadAssembly } from '../../lib/local/template/assembly.ts';
import { checkAssembly } from '../../lib/local/template/check.ts';
import { registry } from '../../lib/local/template/registry.ts';
import { configWith, tierWith } from '../config/configurations.ts';
import { startWorld, tierLabels, type World } from '../e2e/support/world.ts';
import { synthesized } from '../stacks/assembly.ts';

const existing = {
  vpcId: 'vpc-0123456789abcdef0',
  subnets: [{ id: 'subnet-0aaaaaaaaaaaaaaaa', zone: 'us-east-1f' }],
};
/** A tier that chooses all that a tier may. */
const choosy = {
  labels: ['self-hosted', 'choosy'],
  extraLabels: ['fast-disk'],
  architecture: 'x64',
  instanceTypes: ['m7i.2xlarge'],
  maxRunners: 2,
  spot: true,
  image: 'resolve:ssm:/images/own:3',
  rootDevice: '/dev/xvda',
  diskGigabytes: 100,
  diskIops: 6000,
  diskThroughputMegabytes: 500,
  diskInitializationMegabytes: 200,
  rootless: true,
  extraUserData: 'echo "prepared by the tier"',
  instanceRoleArn: 'arn:aws:iam::000000000000:role/cache-reader',
  subnetIds: ['subnet-0bbbbbbbbbbbbbbbb'],
};

describe('a template that a laptop can run', () => {
  it.each([
    ['NAT gateways in six zones', { network: { nat: true, zones: 6 } }],
    ['an existing network', { network: existing }],
    ['an existing network that keeps its ACL', { network: { ...existing, networkAcl: false } }],
    ['private ranges that are open', { network: { egress: [{ to: 'internet' }, { to: '10.9.0.0/16' }] } }],
  ])('results from %s', (_, settings) => {
    const app = synthesized(configWith(settings));
    const faults = checkAssembly(loadAssembly(app.folder), registry);
    app.dispose();
    expect(faults).toEqual([]);
  });
});

describe('a platform in an existing network', () => {
  let world: World;
  beforeAll(async () => {
    const subnets = [...existing.subnets, { id: 'subnet-0bbbbbbbbbbbbbbbb', zone: 'us-east-1b' }];
    const tiers = {
      small: tierWith({ subnetIds: ['subnet-0aaaaaaaaaaaaaaaa'] }),
      choosy,
    };
    world = await startWorld({ config: configWith({ network: { ...existing, subnets }, tiers }) });
  });
  afterAll(() => world?.close());

  it('lets a tier choose image, disk, role, subnet and extra boot script, and nothing is denied', async () => {
    const globex = await world.install('globex');
    const job = world.queue(globex, ['self-hosted', 'choosy', 'fast-disk']);
    await world.untilCompleted([job]);
    await world.untilRest();
    const machines = world.laptop.ec2
      .instances()
      .filter(({ tags }) => tags.get('ghr:tenant_tier') === 'choosy');
    expect(machines).toEqual([
      expect.objectContaining({
        lifecycle: 'spot',
        subnet: expect.objectContaining({ subnetId: choosy.subnetIds[0], availabilityZone: 'us-east-1b' }),
        console: expect.stringContaining('\nprepared by the tier\n'),
      }),
    ]);
    expect(world.trouble()).toEqual([]);
  });

  it('starts its machines in the named subnets, and nothing is denied', async () => {
    const acme = await world.install('acme');
    const job = world.queue(acme, tierLabels('small'));
    await world.untilCompleted([job]);
    await world.untilRest();
    const small = world.laptop.ec2.instances().filter(({ tags }) => tags.get('ghr:tenant_tier') === 'small');
    const subnets = small.map(({ subnet }) => subnet);
    expect(subnets).toEqual([expect.objectContaining({ subnetId: existing.subnets[0]!.id })]);
    expect(world.trouble()).toEqual([]);
  });
});
