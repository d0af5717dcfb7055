/**
 * A launch's CreateFleet request: plain data in EC2's own shape, built once, stored whole, sent unchanged. Nothing here
 * reads a clock or the environment: the same plan gives the same request, byte for byte.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html
 */
import type { InstallationId, LaunchId, TierName } from './ids.ts';
import type { Market } from './pools.ts';
import { tagKeys } from './tags.ts';
import type { RunnerLevel } from './tenant.ts';

export interface FleetRequest {
  readonly ClientToken: string;
  readonly Type: 'instant';
  readonly TargetCapacitySpecification: {
    readonly TotalTargetCapacity: number;
    readonly DefaultTargetCapacityType: 'spot' | 'on-demand';
  };
  readonly SpotOptions?: { readonly AllocationStrategy: 'price-capacity-optimized' };
  readonly OnDemandOptions?: { readonly AllocationStrategy: 'lowest-price' | 'prioritized' };
  readonly LaunchTemplateConfigs: readonly {
    readonly LaunchTemplateSpecification: {
      readonly LaunchTemplateName: string;
      readonly Version: '$Latest';
    };
    readonly Overrides: readonly {
      readonly InstanceType: string;
      readonly SubnetId: string;
      readonly Priority?: number;
    }[];
  }[];
  readonly TagSpecifications: readonly {
    readonly ResourceType: 'instance' | 'volume' | 'network-interface' | 'fleet';
    readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
  }[];
}

export interface FleetPlan {
  readonly environment: string;
  readonly installationId: InstallationId;
  readonly tier: TierName;
  readonly launchId: LaunchId;
  readonly level: RunnerLevel;
  /** The runner group's name, at a level that has groups. */
  readonly group?: string;
  /** Lets only the machines of this launch claim. */
  readonly ticket: string;
  readonly launchTemplateName: string;
  /** In order of preference. */
  readonly pools: readonly { readonly instanceType: string; readonly subnetId: string }[];
  readonly market: Market;
  readonly machines: number;
}

/** Requests exactly these pools. The priority of an instance type is the order of its first appearance. */
export function fleetRequest(plan: FleetPlan): FleetRequest {
  const owner = [
    { Key: tagKeys.tenant, Value: String(plan.installationId) },
    { Key: tagKeys.tier, Value: plan.tier },
    { Key: tagKeys.environment, Value: plan.environment },
    { Key: tagKeys.launch, Value: plan.launchId },
    { Key: tagKeys.level, Value: plan.level },
    ...(plan.group === undefined ? [] : [{ Key: tagKeys.group, Value: tagValue(plan.group) }]),
  ];
  const instance = [
    ...owner,
    { Key: 'Name', Value: `${plan.environment}-${plan.tier}` },
    { Key: tagKeys.ticket, Value: plan.ticket },
  ];
  const types = [...new Set(plan.pools.map(({ instanceType }) => instanceType))];
  return {
    ClientToken: plan.launchId,
    Type: 'instant',
    TargetCapacitySpecification: {
      TotalTargetCapacity: plan.machines,
      DefaultTargetCapacityType: plan.market,
    },
    ...(plan.market === 'spot'
      ? { SpotOptions: { AllocationStrategy: 'price-capacity-optimized' } }
      : { OnDemandOptions: { AllocationStrategy: 'prioritized' } }),
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { LaunchTemplateName: plan.launchTemplateName, Version: '$Latest' },
        Overrides: plan.pools.map(({ instanceType, subnetId }) => ({
          InstanceType: instanceType,
          SubnetId: subnetId,
          Priority: types.indexOf(instanceType),
        })),
      },
    ],
    TagSpecifications: [
      { ResourceType: 'instance', Tags: instance },
      { ResourceType: 'volume', Tags: owner },
      // Its public address is billed too, for as long as the machine lives.
      { ResourceType: 'network-interface', Tags: owner },
    ],
  };
}

/**
 * A name chosen by people, limited to characters that a tag may contain; EC2 refuses a launch with any
 * other. Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
const tagValue = (text: string) =>
  [...text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_')].slice(0, 256).join('');
