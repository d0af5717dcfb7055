/**
 * The names of custom images, shared by the stack that builds them and the one that uses them, so that neither depends on
 * the other. Image Builder's own role may only write parameters under `/imagebuilder/`.
 * Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSServiceRoleForImageBuilder.html
 */
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { CheckedConfig } from '../../config/check-config.ts';
import type { Architecture } from '../../core/tier.ts';

/** Holds the id of the newest image; the stock image's until there is one. */
export const imageParameterName = (environment: string, architecture: Architecture) =>
  `/imagebuilder/${environment}/linux-${architecture}`;

/** For everything that builds an architecture's images. */
export const imageName = (environment: string, architecture: Architecture) =>
  `${environment}-linux-${architecture}`;

/** Tags of images and of what they are built from. */
export const imageTag = 'ghr:image';

/** Image Builder derives a pipeline's ARN from its name. */
export function pipelineArn(scope: Construct, environment: string, architecture: Architecture): string {
  const { partition, region, account } = Stack.of(scope);
  const name = imageName(environment, architecture);
  return `arn:${partition}:imagebuilder:${region}:${account}:image-pipeline/${name}`;
}

/** The architectures of tiers without an image of their own, if images are built at all. */
export function imageArchitectures({ machineImages, deployment, machines }: CheckedConfig): Architecture[] {
  if (!machineImages) return [];
  const tiers = deployment.tiers.filter(({ name }) => machines.get(name)?.image === undefined);
  return [...new Set(tiers.map(({ architecture }) => architecture))].sort();
}
