/**
 * Removes images older than a month with their snapshots, except the newest of each architecture and any that recently
 * started a machine. The newest is the one that launch templates use.
 * Source: https://docs.aws.amazon.com/imagebuilder/latest/userguide/image-lifecycle-prerequisites.html
 */
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-imagebuilder';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { tagKeys } from '../../core/tags.ts';
import type { Architecture } from '../../core/tier.ts';
import { imageName, imageTag } from './machine-image-names.ts';

export interface ImageCleanupOptions {
  readonly environment: string;
  readonly architectures: readonly Architecture[];
  /** Of each architecture, whatever their age. */
  readonly keep: number;
}

const oldDays = 30;
/** A job runs for at most five days. */
const launchedDays = 7;

export function createImageCleanup(scope: Construct, options: ImageCleanupOptions): void {
  const { environment, architectures, keep } = options;
  const executionRole = createCleanupRole(scope, environment).roleArn;
  for (const architecture of architectures) {
    const name = imageName(environment, architecture);
    new CfnLifecyclePolicy(scope, `Cleanup-${architecture}`, {
      name,
      executionRole,
      resourceType: 'AMI_IMAGE',
      resourceSelection: { tagMap: { [imageTag]: name } },
      policyDetails: [
        {
          action: { type: 'DELETE', includeResources: { amis: true, snapshots: true } },
          filter: { type: 'AGE', value: oldDays, unit: 'DAYS', retainAtLeast: keep },
          exclusionRules: { amis: { lastLaunched: { value: launchedDays, unit: 'DAYS' } } },
        },
      ],
    });
  }
}

/** Like AWS's EC2ImageBuilderLifecycleExecutionPolicy, but for images only, and only those of this environment. */
function createCleanupRole(scope: Construct, environment: string): Role {
  const { partition, region, account } = Stack.of(scope);
  const made = { 'aws:ResourceTag/CreatedBy': 'EC2 Image Builder' };
  return new Role(scope, 'CleanupRole', {
    description: 'Removes old images',
    assumedBy: new ServicePrincipal('imagebuilder.amazonaws.com'),
    inlinePolicies: {
      cleanup: new PolicyDocument({
        statements: [
          new PolicyStatement({
            sid: 'Images',
            actions: ['ec2:DeregisterImage', 'ec2:DescribeImageAttribute'],
            resources: [`arn:${partition}:ec2:${region}::image/*`],
            conditions: {
              StringEquals: { ...made, [`aws:ResourceTag/${tagKeys.environment}`]: environment },
            },
          }),
          // No document says that snapshots get their image's tags, so only Image Builder's own tag can be required here.
          // The role could therefore also remove snapshots of another environment whose images are gone.
          new PolicyStatement({
            sid: 'Snapshots',
            actions: ['ec2:DeleteSnapshot'],
            resources: [`arn:${partition}:ec2:${region}::snapshot/*`],
            conditions: { StringEquals: made },
          }),
          new PolicyStatement({
            sid: 'Look',
            actions: ['ec2:DescribeImages', 'tag:GetResources'],
            resources: ['*'],
          }),
          new PolicyStatement({
            sid: 'Records',
            actions: ['imagebuilder:DeleteImage'],
            resources: [`arn:${partition}:imagebuilder:${region}:${account}:image/${environment}-linux-*/*`],
          }),
        ],
      }),
    },
  });
}
