/**
 * The machines' network and launch templates. EC2 assigns the ids of its resources, and its Describe actions have no
 * resource-level permissions; so these apply to the whole region.
 */
import { arn, globalArn, type PolicyTarget } from './policy.ts';
import type { ResourceActions, ResourceActionsByType } from './resource-action.ts';

const inRegion = (target: PolicyTarget) => [arn('ec2', target, '*')];
const everything = () => ['*'];

const ec2 = (changes: readonly string[], reads: readonly string[]): readonly ResourceActions[] => [
  { actions: changes.map((action) => `ec2:${action}`), on: inRegion },
  { actions: reads.map((action) => `ec2:${action}`), on: everything },
];

const tags = ['CreateTags', 'DeleteTags'];

export const computeResources: ResourceActionsByType = {
  'AWS::EC2::VPC': ec2(
    ['CreateVpc', 'DeleteVpc', 'ModifyVpcAttribute', ...tags],
    ['DescribeNetworkAcls', 'DescribeSecurityGroups', 'DescribeVpcAttribute', 'DescribeVpcs'],
  ),
  'AWS::EC2::Subnet': ec2(
    ['CreateSubnet', 'DeleteSubnet', 'ModifySubnetAttribute', ...tags],
    ['DescribeAvailabilityZones', 'DescribeSubnets'],
  ),
  'AWS::EC2::RouteTable': ec2(['CreateRouteTable', 'DeleteRouteTable', ...tags], ['DescribeRouteTables']),
  'AWS::EC2::Route': ec2(
    ['CreateRoute', 'DeleteRoute', 'ReplaceRoute'],
    ['DescribeNetworkInterfaces', 'DescribeRouteTables'],
  ),
  'AWS::EC2::SubnetRouteTableAssociation': ec2(
    ['AssociateRouteTable', 'DisassociateRouteTable'],
    ['DescribeRouteTables'],
  ),
  'AWS::EC2::InternetGateway': ec2(
    ['CreateInternetGateway', 'DeleteInternetGateway', ...tags],
    ['DescribeInternetGateways'],
  ),
  'AWS::EC2::VPCGatewayAttachment': ec2(
    ['AttachInternetGateway', 'DetachInternetGateway'],
    ['DescribeInternetGateways', 'DescribeVpnGateways'],
  ),
  'AWS::EC2::EIP': ec2(
    ['AllocateAddress', 'ReleaseAddress', 'DisassociateAddress', ...tags],
    ['DescribeAddresses'],
  ),
  'AWS::EC2::NatGateway': ec2(['CreateNatGateway', 'DeleteNatGateway', ...tags], ['DescribeNatGateways']),
  'AWS::EC2::VPCEndpoint': ec2(
    ['CreateVpcEndpoint', 'DeleteVpcEndpoints', 'ModifyVpcEndpoint', ...tags],
    ['DescribeVpcEndpoints', 'DescribeVpcEndpointAssociations'],
  ),
  'AWS::EC2::NetworkAcl': ec2(['CreateNetworkAcl', 'DeleteNetworkAcl', ...tags], ['DescribeNetworkAcls']),
  'AWS::EC2::NetworkAclEntry': ec2(
    ['CreateNetworkAclEntry', 'DeleteNetworkAclEntry', 'ReplaceNetworkAclEntry'],
    ['DescribeNetworkAcls'],
  ),
  'AWS::EC2::SubnetNetworkAclAssociation': ec2(
    ['ReplaceNetworkAclAssociation'],
    ['DescribeNetworkAcls', 'DescribeSubnets'],
  ),
  'AWS::EC2::SecurityGroup': ec2(
    [
      'AuthorizeSecurityGroupEgress',
      'AuthorizeSecurityGroupIngress',
      'CreateSecurityGroup',
      'DeleteSecurityGroup',
      'RevokeSecurityGroupEgress',
      'RevokeSecurityGroupIngress',
      ...tags,
    ],
    ['DescribeInstances', 'DescribeSecurityGroups'],
  ),
  'AWS::EC2::LaunchTemplate': [
    ...ec2(
      [
        'CreateLaunchTemplate',
        'CreateLaunchTemplateVersion',
        'DeleteLaunchTemplate',
        'DeleteLaunchTemplateVersions',
        'GetLaunchTemplateData',
        'ModifyLaunchTemplate',
        ...tags,
      ],
      ['DescribeLaunchTemplateVersions', 'DescribeLaunchTemplates'],
    ),
    // Images that a template takes from AWS's own parameters or from those that tiers name.
    {
      actions: ['ssm:GetParameters'],
      on: (target) => [
        `arn:aws:ssm:${target.region}::parameter/aws/service/*`,
        ...(target.imageParameters ?? []).map((name) => arn('ssm', target, `parameter${name}`)),
      ],
    },
  ],
  'AWS::IAM::InstanceProfile': [
    {
      actions: [
        'iam:AddRoleToInstanceProfile',
        'iam:CreateInstanceProfile',
        'iam:DeleteInstanceProfile',
        'iam:GetInstanceProfile',
        'iam:RemoveRoleFromInstanceProfile',
      ],
      on: (target) => [globalArn('iam', target, `instance-profile/${target.environment}-*`)],
    },
    // A tier's role is the operator's own: this lets a deploy pass it to machines, and to nothing else.
    { actions: ['iam:PassRole'], on: (target) => [globalArn('iam', target, 'role/*')] },
  ],
};
