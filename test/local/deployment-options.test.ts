/** What an operator may choose for a deployment, on the laptop: the template of each choice runs here, or is refused by name. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadAssembly } from '../../lib/local/template/assembly.ts';
import { checkAssembly } from '../../lib/local/template/check.ts';
import { registry } from '../../lib/local/template/registry.ts';
import { configWith } from '../config/configurations.ts';
import { startWorld, tierLabels, type World } from '../e2e/support/world.ts';
import { synthesized } from '../stacks/assembly.ts';

const existing = {
  vpcId: 'vpc-0123456789abcdef0',
  subnets: [{ id: 'subnet-0aaaaaaaaaaaaaaaa', zone: 'us-east-1f' }],
};

describe('a template that a laptop can run', () => {
  it.each([
    ['NAT gateways in six zones', { network: { nat: true, zones: 6 } }],
    ['an existing network', { network: existing }],
    ['an existing network that keeps its ACL', { network: { ...existing, networkAcl: false } }],
    ['private ranges that are open', { network: { egress: [{ to: 'internet' }, { to: '10.9.0.0/16' }] } }],
  ])(
    'comes of %s',
    (_, settings) => {
      const app = synthesized(configWith(settings));
      const faults = checkAssembly(loadAssembly(app.folder), registry);
      app.dispose();
      expect(faults).toEqual([]);
    },
    60_000,
  );
});

describe('a platform in an existing network', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ config: configWith({ network: existing }) });
  }, 60_000);
  afterAll(() => world?.close());

  it('starts its machines in the subnets that were named, and nothing is denied', async () => {
    const acme = await world.install('acme');
    const job = world.queue(acme, tierLabels('small'));
    await world.untilCompleted([job]);
    await world.untilRest();
    const subnets = world.laptop.ec2.instances().map(({ subnet }) => subnet);
    expect(subnets).toEqual([expect.objectContaining({ subnetId: existing.subnets[0]!.id })]);
    expect(world.trouble()).toEqual([]);
  }, 60_000);
});
