/**
 * What `cdk bootstrap` needs, once for an account and region: to create its stack and, through CloudFormation with
 * the same permissions, the stack's roles, bucket, registry and parameter. This policy decides what deploys may do.
 */
import { qualifier } from './deployer-policy.ts';
import { allow, arn, globalArn, type PolicyStatement, type PolicyTarget } from './policy.ts';

interface BootstrapResource {
  readonly actions: readonly string[];
  on(target: PolicyTarget): string;
}

/** By type, without the optional ones: a customer managed key and a permissions boundary. */
export const bootstrapResources: Readonly<Record<string, BootstrapResource>> = {
  'AWS::IAM::Role': {
    actions: [
      'iam:AttachRolePolicy',
      'iam:CreateRole',
      'iam:DeleteRole',
      'iam:DetachRolePolicy',
      'iam:GetRole',
      'iam:ListAttachedRolePolicies',
      'iam:ListRolePolicies',
      'iam:TagRole',
      'iam:UntagRole',
      'iam:UpdateAssumeRolePolicy',
      'iam:UpdateRole',
      'iam:UpdateRoleDescription',
    ],
    on: (target) => globalArn('iam', target, `role/cdk-${qualifier}-*`),
  },
  'AWS::IAM::Policy': {
    actions: ['iam:DeleteRolePolicy', 'iam:GetRolePolicy', 'iam:PutRolePolicy'],
    on: (target) => globalArn('iam', target, `role/cdk-${qualifier}-*`),
  },
  'AWS::S3::Bucket': {
    actions: [
      's3:CreateBucket',
      's3:GetBucketPublicAccessBlock',
      's3:GetBucketTagging',
      's3:GetBucketVersioning',
      's3:GetEncryptionConfiguration',
      's3:GetLifecycleConfiguration',
      's3:ListBucket',
      's3:PutBucketPublicAccessBlock',
      's3:PutBucketTagging',
      's3:PutBucketVersioning',
      's3:PutEncryptionConfiguration',
      's3:PutLifecycleConfiguration',
    ],
    on: assetsBucket,
  },
  'AWS::S3::BucketPolicy': {
    actions: ['s3:DeleteBucketPolicy', 's3:GetBucketPolicy', 's3:PutBucketPolicy'],
    on: assetsBucket,
  },
  'AWS::ECR::Repository': {
    actions: [
      'ecr:CreateRepository',
      'ecr:DeleteRepository',
      'ecr:DescribeRepositories',
      'ecr:GetLifecyclePolicy',
      'ecr:GetRepositoryPolicy',
      'ecr:ListTagsForResource',
      'ecr:PutImageScanningConfiguration',
      'ecr:PutImageTagMutability',
      'ecr:PutLifecyclePolicy',
      'ecr:SetRepositoryPolicy',
      'ecr:TagResource',
      'ecr:UntagResource',
    ],
    on: (target) => arn('ecr', target, `repository/cdk-${qualifier}-container-assets-*`),
  },
  'AWS::SSM::Parameter': {
    actions: [
      'ssm:AddTagsToResource',
      'ssm:DeleteParameter',
      'ssm:GetParameter',
      'ssm:GetParameters',
      'ssm:ListTagsForResource',
      'ssm:PutParameter',
      'ssm:RemoveTagsFromResource',
    ],
    on: (target) => arn('ssm', target, `parameter/cdk-bootstrap/${qualifier}/*`),
  },
};

function assetsBucket({ account, region }: PolicyTarget): string {
  return `arn:aws:s3:::cdk-${qualifier}-assets-${account}-${region}`;
}

export function bootstrapStatements(target: PolicyTarget): PolicyStatement[] {
  return [
    allow(
      'MakeStack',
      [
        'cloudformation:CreateChangeSet',
        'cloudformation:DeleteChangeSet',
        'cloudformation:DeleteStack',
        'cloudformation:DescribeChangeSet',
        'cloudformation:DescribeEvents',
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStacks',
        'cloudformation:ExecuteChangeSet',
        'cloudformation:GetTemplate',
        'cloudformation:UpdateTerminationProtection',
      ],
      [arn('cloudformation', target, 'stack/CDKToolkit/*')],
    ),
    ...Object.entries(bootstrapResources).map(([type, { actions, on }]) =>
      allow(type.replaceAll('::', '').replace('AWS', 'Make'), actions, [on(target)]),
    ),
  ];
}
