/** Functions, their roles and logs, their triggers, and their alarms. */
import { qualifier } from './deployer-policy.ts';
import { arn, globalArn, type PolicyTarget } from './policy.ts';
import type { ResourceActionsByType } from './resource-action.ts';

const functions = (target: PolicyTarget) => [arn('lambda', target, `function:${target.environment}-*`)];
/** CloudFormation derives their names from their stacks', which begin with the environment. */
const roles = (target: PolicyTarget) => [globalArn('iam', target, `role/${target.environment}-*`)];
const everything = () => ['*'];

export const functionResources: ResourceActionsByType = {
  'AWS::Lambda::Function': [
    {
      actions: [
        'lambda:CreateFunction',
        'lambda:DeleteFunction',
        'lambda:DeleteFunctionConcurrency',
        'lambda:GetFunction',
        'lambda:GetFunctionCodeSigningConfig',
        'lambda:GetFunctionConfiguration',
        'lambda:GetFunctionRecursionConfig',
        'lambda:GetRuntimeManagementConfig',
        'lambda:ListTags',
        'lambda:PutFunctionConcurrency',
        'lambda:PutRuntimeManagementConfig',
        'lambda:TagResource',
        'lambda:UntagResource',
        'lambda:UpdateFunctionCode',
        'lambda:UpdateFunctionConfiguration',
      ],
      on: functions,
    },
    { actions: ['iam:PassRole'], on: roles },
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      on: ({ account, region }) => [`arn:aws:s3:::cdk-${qualifier}-assets-${account}-${region}/*`],
    },
  ],
  'AWS::Lambda::Permission': [
    { actions: ['lambda:AddPermission', 'lambda:GetPolicy', 'lambda:RemovePermission'], on: functions },
  ],
  'AWS::Lambda::Url': [
    {
      actions: [
        'lambda:CreateFunctionUrlConfig',
        'lambda:DeleteFunctionUrlConfig',
        'lambda:GetFunctionUrlConfig',
        'lambda:UpdateFunctionUrlConfig',
      ],
      on: functions,
    },
  ],
  'AWS::Lambda::EventInvokeConfig': [
    {
      actions: [
        'lambda:DeleteFunctionEventInvokeConfig',
        'lambda:GetFunctionEventInvokeConfig',
        'lambda:PutFunctionEventInvokeConfig',
        'lambda:UpdateFunctionEventInvokeConfig',
      ],
      on: functions,
    },
  ],
  // Creating, listing and reading event source mappings has no resource-level permissions.
  'AWS::Lambda::EventSourceMapping': [
    {
      actions: [
        'lambda:CreateEventSourceMapping',
        'lambda:DeleteEventSourceMapping',
        'lambda:GetEventSourceMapping',
        'lambda:ListEventSourceMappings',
        'lambda:UpdateEventSourceMapping',
      ],
      on: everything,
    },
  ],
  'AWS::IAM::Role': [
    {
      actions: [
        'iam:AttachRolePolicy',
        'iam:CreateRole',
        'iam:DeleteRole',
        'iam:DeleteRolePermissionsBoundary',
        'iam:DeleteRolePolicy',
        'iam:DetachRolePolicy',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
        'iam:PutRolePermissionsBoundary',
        'iam:PutRolePolicy',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
        'iam:UpdateRoleDescription',
      ],
      on: roles,
    },
  ],
  'AWS::Logs::LogGroup': [
    {
      actions: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
        'logs:DeleteRetentionPolicy',
        'logs:DisassociateKmsKey',
        'logs:ListTagsForResource',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ],
      on: (target) => [arn('logs', target, `log-group:/aws/lambda/${target.environment}-*`)],
    },
    { actions: ['logs:DescribeLogGroups'], on: everything },
  ],
  'AWS::Logs::QueryDefinition': [
    {
      actions: ['logs:DeleteQueryDefinition', 'logs:DescribeQueryDefinitions', 'logs:PutQueryDefinition'],
      on: everything,
    },
  ],
  'AWS::Events::Rule': [
    {
      actions: [
        'events:DeleteRule',
        'events:DescribeRule',
        'events:ListTagsForResource',
        'events:ListTargetsByRule',
        'events:PutRule',
        'events:PutTargets',
        'events:RemoveTargets',
        'events:TagResource',
        'events:UntagResource',
      ],
      on: (target) => [arn('events', target, `rule/${target.environment}-*`)],
    },
  ],
  'AWS::CloudWatch::Alarm': [
    {
      actions: [
        'cloudwatch:DeleteAlarms',
        'cloudwatch:DescribeAlarms',
        'cloudwatch:ListTagsForResource',
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:TagResource',
        'cloudwatch:UntagResource',
      ],
      on: (target) => [arn('cloudwatch', target, `alarm:${target.environment}-*`)],
    },
  ],
  'AWS::CloudWatch::Dashboard': [
    {
      actions: ['cloudwatch:DeleteDashboards', 'cloudwatch:GetDashboard', 'cloudwatch:PutDashboard'],
      on: (target) => [globalArn('cloudwatch', target, `dashboard/${target.environment}*`)],
    },
  ],
};
