import { describe, expect, it } from '@jest/globals';
import { type FleetPlan, fleetRequest } from '../../lib/core/fleet-request.ts';
import { LaunchId } from '../../lib/core/ids.ts';
import { acme, small } from '../support/given.ts';

const plan: FleetPlan = {
  environment: 'test',
  installationId: acme,
  tier: small,
  launchId: LaunchId('0123456789abcdef0123456789abcdef'),
  level: 'organization',
  ticket: 'ticket',
  launchTemplateName: 'test-small',
  pools: ['t3.large', 'm5.large'].flatMap((instanceType) =>
    ['subnet-a', 'subnet-b'].map((subnetId) => ({ instanceType, subnetId })),
  ),
  market: 'on-demand',
  machines: 3,
};
const tagsOf = (kind: string) =>
  Object.fromEntries(
    fleetRequest(plan)
      .TagSpecifications.find((spec) => spec.ResourceType === kind)!
      .Tags.map((tag) => [tag.Key, tag.Value]),
  );

describe('fleetRequest', () => {
  it('is the same, byte for byte, for the same plan', () => {
    expect(JSON.stringify(fleetRequest({ ...plan }))).toBe(JSON.stringify(fleetRequest(plan)));
  });

  it('names the launch as its ClientToken, within 64 characters', () => {
    expect(fleetRequest(plan).ClientToken).toBe(plan.launchId);
    expect(plan.launchId.length).toBeLessThanOrEqual(64);
  });

  it('tries the pools in their order, and gives each instance type its rank', () => {
    expect(fleetRequest(plan).LaunchTemplateConfigs[0]!.Overrides).toEqual([
      { InstanceType: 't3.large', SubnetId: 'subnet-a', Priority: 0 },
      { InstanceType: 't3.large', SubnetId: 'subnet-b', Priority: 0 },
      { InstanceType: 'm5.large', SubnetId: 'subnet-a', Priority: 1 },
      { InstanceType: 'm5.large', SubnetId: 'subnet-b', Priority: 1 },
    ]);
  });

  it('tags machines and their volumes for cost reports', () => {
    const cost = { 'ghr:tenant_id': '101', 'ghr:tenant_tier': 'small', 'ghr:environment': 'test' };
    expect(tagsOf('instance')).toMatchObject(cost);
    expect(tagsOf('volume')).toMatchObject(cost);
  });

  it('shows the ticket to the machine alone, not on its volume', () => {
    expect(tagsOf('instance')['ghr:launch_ticket']).toBe('ticket');
    expect(Object.keys(tagsOf('volume'))).not.toContain('ghr:launch_ticket');
  });
});
