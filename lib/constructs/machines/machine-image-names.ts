/**
 * What images of one's own go by, in the stack that makes them and in the one that uses them, so that neither waits for
 * the other. Image Builder's own role may write parameters under `/imagebuilder/`, and no others.
 * Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSServiceRoleForImageBuilder.html
 */
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { CheckedConfig } from '../../config/check-config.ts';
import type { Architecture } from '../../core/tier.ts';

/** Holds the id of the newest image; the stock one's until there is one. */
export const imageParameterName = (environment: string, architecture: Architecture) =>
  `/imagebuilder/${environment}/linux-${architecture}`;

/** Of everything that makes the images of an architecture. */
export const imageName = (environment: string, architecture: Architecture) =>
  `${environment}-linux-${architecture}`;

/** On images, and on what they are made of. */
export const imageTag = 'ghr:image';

/** Image Builder makes the ARN of a pipeline from its name. */
export function pipelineArn(scope: Construct, environment: string, architecture: Architecture): string {
  const { partition, region, account } = Stack.of(scope);
  const name = imageName(environment, architecture);
  return `arn:${partition}:imagebuilder:${region}:${account}:image-pipeline/${name}`;
}

/** Those of tiers that name no image of their own, where images are made at all. */
export function imageArchitectures({ machineImages, deployment, machines }: CheckedConfig): Architecture[] {
  if (!machineImages) return [];
  const tiers = deployment.tiers.filter(({ name }) => machines.get(name)?.image === undefined);
  return [...new Set(tiers.map(({ architecture }) => architecture))].sort();
}
