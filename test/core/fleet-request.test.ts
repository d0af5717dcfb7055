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

  it('tags machines, their volumes and their network interfaces for cost reports', () => {
    const cost = { 'ghr:tenant_id': '101', 'ghr:tenant_tier': 'small', 'ghr:environment': 'test' };
    expect(tagsOf('instance')).toMatchObject(cost);
    expect(tagsOf('volume')).toMatchObject(cost);
    expect(tagsOf('network-interface')).toMatchObject(cost);
  });

  it('shows the ticket only to the machine, not on its volume or network interface', () => {
    expect(tagsOf('instance')['ghr:launch_ticket']).toBe('ticket');
    expect(Object.keys(tagsOf('volume'))).not.toContain('ghr:launch_ticket');
    expect(Object.keys(tagsOf('network-interface'))).not.toContain('ghr:launch_ticket');
  });

  it('asks for so many machines at once, of one market, by the strategy of that market', () => {
    const spot = fleetRequest({ ...plan, market: 'spot' });
    expect(fleetRequest(plan)).toMatchObject({
      Type: 'instant',
      TargetCapacitySpecification: { TotalTargetCapacity: 3, DefaultTargetCapacityType: 'on-demand' },
      OnDemandOptions: { AllocationStrategy: 'prioritized' },
    });
    expect(spot.TargetCapacitySpecification.DefaultTargetCapacityType).toBe('spot');
    expect(spot.SpotOptions).toEqual({ AllocationStrategy: 'price-capacity-optimized' });
    expect([fleetRequest(plan).SpotOptions, spot.OnDemandOptions]).toEqual([undefined, undefined]);
  });

  it('takes the newest version of the tier’s launch template', () => {
    expect(fleetRequest(plan).LaunchTemplateConfigs[0]!.LaunchTemplateSpecification).toEqual({
      LaunchTemplateName: 'test-small',
      Version: '$Latest',
    });
  });

  it('tags exactly what people and the platform look for', () => {
    const owner = {
      'ghr:tenant_id': '101',
      'ghr:tenant_tier': 'small',
      'ghr:environment': 'test',
      'ghr:launch_id': plan.launchId,
      'ghr:runner_level': 'organization',
    };
    expect(tagsOf('volume')).toStrictEqual(owner);
    expect(tagsOf('network-interface')).toStrictEqual(owner);
    expect(tagsOf('instance')).toStrictEqual({ ...owner, Name: 'test-small', 'ghr:launch_ticket': 'ticket' });
  });

  it('names the runner group in the characters and length that a tag may have', () => {
    const tags = fleetRequest({ ...plan, group: `Größe <1>; a+b@c ${'x'.repeat(300)}` }).TagSpecifications[1]!
      .Tags;
    const value = tags.find(({ Key }) => Key === 'ghr:runner_group')?.Value;
    expect(value).toMatch(/^Größe _1__ a\+b@c x+$/);
    expect(value).toHaveLength(256);
  });
});
