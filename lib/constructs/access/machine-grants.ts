/**
 * What a function needs to start and end machines. Machines may only start from launch templates with this deployment's
 * tag, with the template's image, of the tiers' instance types, in this deployment's subnets, with IMDSv2 required, and
 * with the same tag on themselves; only machines with the tag can be ended. Each condition uses a key that EC2 supplies
 * for that resource: a missing key would deny every launch.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { tagKeys } from '../../core/tags.ts';
import { allow, ec2Arn, type Grant } from '../basics/grant.ts';
import { imageParameters } from '../machines/runner-image.ts';
import type { Network } from '../network/network.ts';
import { diskKeyGrants } from '../state/encryption.ts';
import { typePatterns } from './type-patterns.ts';

export interface MachineGrantOptions {
  readonly scope: Construct;
  readonly environment: string;
  readonly network: Network;
  /** As launch templates reference them. */
  readonly images: readonly string[];
  /** Of all tiers. */
  readonly instanceTypes: readonly string[];
  /** The roles of tiers that give their machines one. */
  readonly instanceRoles: readonly string[];
  /** Whether any tier uses spot machines. */
  readonly spot: boolean;
  /** Encrypts the machines' disks. Undefined: AWS's own key. */
  readonly kmsKeyArn: string | undefined;
}

export function launchGrants(options: MachineGrantOptions): Grant[] {
  const { scope, environment, network, images, instanceTypes, instanceRoles, spot } = options;
  const { partition, region } = Stack.of(scope);
  const arn = (resource: string, name: string) => ec2Arn(scope, resource, name);
  const requestTag = { StringEquals: { [`aws:RequestTag/${tagKeys.environment}`]: environment } };
  const fromTemplate = { 'ec2:LaunchTemplate': arn('launch-template', '*') };
  const made = [arn('instance', '*'), arn('volume', '*')];
  const interfaces = arn('network-interface', '*');
  const anyImage = `arn:${partition}:ec2:${region}::image/*`;
  const spotRequests = spot ? [arn('spot-instances-request', '*')] : [];
  const types = { 'ec2:InstanceType': typePatterns(instanceTypes) };
  const securityGroup = arn('security-group', network.securityGroup.securityGroupId);
  const used = [
    securityGroup,
    ...network.subnets.map((subnet) => arn('subnet', subnet.subnetId)),
    interfaces,
  ];
  return [
    // All other resources require a launch template, which must be one of these. Matched by tag, because thirty names
    // would fill a role.
    allow('FromTemplates', {
      actions: ['ec2:CreateFleet', 'ec2:RunInstances'],
      resources: [arn('launch-template', '*')],
      conditions: { StringEquals: { [`ec2:ResourceTag/${tagKeys.environment}`]: environment } },
    }),
    allow('Ask', {
      actions: ['ec2:CreateFleet'],
      resources: [
        ...[arn('fleet', '*'), anyImage, arn('subnet', '*'), securityGroup, interfaces],
        ...spotRequests,
        ...made,
      ],
      conditions: { StringLikeIfExists: types },
    }),
    allow('Use', {
      actions: ['ec2:RunInstances'],
      resources: used,
      conditions: { ArnLike: fromTemplate },
    }),
    // Only the template's own image; a request cannot replace it.
    allow('OwnImage', {
      actions: ['ec2:RunInstances'],
      resources: [anyImage],
      conditions: { Bool: { 'ec2:IsLaunchTemplateResource': 'true' } },
    }),
    // A disk has neither a type nor metadata options, a machine has both: hence IfExists, which saves a statement.
    allow('Start', {
      actions: ['ec2:RunInstances'],
      resources: made,
      conditions: {
        ...requestTag,
        StringEqualsIfExists: { 'ec2:MetadataHttpTokens': 'required' },
        StringLikeIfExists: types,
        ArnLike: fromTemplate,
      },
    }),
    // For spot requests EC2 supplies no launch template; the machines themselves are restricted above.
    ...(spot ? [allow('SpotRequest', { actions: ['ec2:RunInstances'], resources: spotRequests })] : []),
    allow('Tag', {
      actions: ['ec2:CreateTags'],
      resources: [...made, interfaces],
      conditions: {
        StringEquals: { ...requestTag.StringEquals, 'ec2:CreateAction': ['CreateFleet', 'RunInstances'] },
      },
    }),
    allow('ReadImages', {
      actions: ['ssm:GetParameters'],
      resources: imageParameters(images).map((name) => parameterArn(scope, name)),
    }),
    ...diskKeyGrants(scope, options.kmsKeyArn),
    ...(spot ? [createSpotRole(scope)] : []),
    ...(instanceRoles.length > 0 ? [passRoles(instanceRoles)] : []),
  ];
}

/** AWS's own parameters, and those that others publish through AWS, belong to no account. */
function parameterArn(scope: Construct, name: string): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:ssm:${region}:${name.startsWith('/aws/') ? '' : account}:parameter${name}`;
}

/** Only these roles, and only to machines. If no tier names a role, no role can be passed. */
const passRoles = (roles: readonly string[]): Grant =>
  allow('PassRole', {
    actions: ['iam:PassRole'],
    resources: roles,
    conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
  });

/**
 * The account's first spot machine needs EC2's service-linked role for spot; EC2 creates it with the caller's
 * permissions.
 */
function createSpotRole(scope: Construct): Grant {
  const { partition, account } = Stack.of(scope);
  const role = 'role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot';
  return allow('SpotRole', {
    actions: ['iam:CreateServiceLinkedRole'],
    resources: [`arn:${partition}:iam::${account}:${role}`],
    conditions: { StringEquals: { 'iam:AWSServiceName': 'spot.amazonaws.com' } },
  });
}

/** How machines ended, and what spot machines cost. EC2 has no resource-level permissions for reading these. */
export const describeGrant = (options: Pick<MachineGrantOptions, 'spot'>) => describing(options, []);

/**
 * And which machines a launch started if its answer was lost. Fleets have no names or tags that could restrict
 * this.
 */
export const describeLaunchGrant = (options: Pick<MachineGrantOptions, 'spot'>) =>
  describing(options, ['ec2:DescribeFleets']);

const describing = ({ spot }: Pick<MachineGrantOptions, 'spot'>, more: readonly string[]) =>
  allow('Describe', {
    actions: [...more, 'ec2:DescribeInstances', ...(spot ? ['ec2:DescribeSpotPriceHistory'] : [])],
    resources: ['*'],
  });

export const terminateGrant = (scope: Construct, environment: string) =>
  onOwnMachines(scope, { environment, sid: 'End', actions: ['ec2:TerminateInstances'] });

/**
 * The console output of a machine that never claimed is saved before it ends. One statement: a role has little
 * room.
 */
export const endGrant = (scope: Construct, environment: string) =>
  onOwnMachines(scope, {
    environment,
    sid: 'End',
    actions: ['ec2:GetConsoleOutput', 'ec2:TerminateInstances'],
  });

const onOwnMachines = (
  scope: Construct,
  { environment, sid, actions }: { environment: string; sid: string; actions: readonly string[] },
) =>
  allow(sid, {
    actions: [...actions],
    resources: [ec2Arn(scope, 'instance', '*')],
    conditions: { StringEquals: { [`ec2:ResourceTag/${tagKeys.environment}`]: environment } },
  });
