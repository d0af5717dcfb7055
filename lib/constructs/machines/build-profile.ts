/**
 * What the machine that builds images may do: be controlled by Systems Manager, read its component and write its log.
 * Machines that run jobs never get this. It is what AWS's own AmazonSSMManagedInstanceCore and
 * EC2InstanceProfileForImageBuilder allow, without what is not used here.
 * Source: https://docs.aws.amazon.com/imagebuilder/latest/userguide/security-iam-awsmanpol.html
 */
import {
  CfnInstanceProfile,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** None of these can be restricted to a resource. */
const agentActions = [
  'ssm:UpdateInstanceInformation',
  'ssmmessages:CreateControlChannel',
  'ssmmessages:CreateDataChannel',
  'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel',
  'ec2messages:AcknowledgeMessage',
  'ec2messages:DeleteMessage',
  'ec2messages:FailMessage',
  'ec2messages:GetEndpoint',
  'ec2messages:GetMessages',
  'ec2messages:SendReply',
];

/** @returns the profile's name */
export function createBuildProfile(scope: Construct, environment: string): string {
  const { partition, region, account } = Stack.of(scope);
  const statement = (sid: string, actions: string[], resources: string[]) =>
    new PolicyStatement({ sid, actions, resources });
  const role = new Role(scope, 'BuildRole', {
    description: 'Machines that build images',
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    inlinePolicies: {
      build: new PolicyDocument({
        statements: [
          statement('BeDriven', agentActions, ['*']),
          statement(
            'ReadComponent',
            ['imagebuilder:GetComponent'],
            [`arn:${partition}:imagebuilder:${region}:${account}:component/${environment}-linux-*/*`],
          ),
          statement('ReadTools', ['s3:GetObject'], [`arn:${partition}:s3:::ec2imagebuilder*`]),
          statement(
            'WriteLog',
            ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
            [`arn:${partition}:logs:${region}:${account}:log-group:/aws/imagebuilder/${environment}-linux-*`],
          ),
        ],
      }),
    },
  });
  return new CfnInstanceProfile(scope, 'BuildProfile', { roles: [role.roleName] }).ref;
}
