/**
 * The image that machines start from: the one that the tier names; else the newest from Image Builder, if images are
 * built; else the stock image, Ubuntu 24.04, through the parameter that Canonical keeps up to date.
 */
import type { CheckedConfig } from '../../config/check-config.ts';
import type { Architecture, Tier } from '../../core/tier.ts';
import { imageParameterName } from './machine-image-names.ts';

const canonicalNames: Readonly<Record<Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Source: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
export const stockParameter = (architecture: Architecture) =>
  `/aws/service/canonical/ubuntu/server/24.04/stable/current/${canonicalNames[architecture]}/hvm/ebs-gp3/ami-id`;

/** As launch templates take it: an id, or a parameter that EC2 looks up at each launch. */
export function imageFor({ name, architecture }: Tier, config: CheckedConfig): string {
  const { environment } = config.deployment;
  const made = config.machineImages && imageParameterName(environment, architecture);
  return config.machines.get(name)?.image ?? `resolve:ssm:${made ?? stockParameter(architecture)}`;
}

/** The names of the parameters among these images, without duplicates, in a fixed order. */
export function imageParameters(images: readonly string[]): string[] {
  const names = images.flatMap((image) => /^resolve:ssm:([^:]+)/.exec(image)?.[1] ?? []);
  return [...new Set(names)].sort();
}
