/**
 * What machines start from: the image that a tier names, or the newest that Image Builder made, where it makes any, or the
 * stock one, which is Ubuntu 24.04 by the parameter that Canonical keeps up to date.
 */
import type { CheckedConfig } from '../../config/check-config.ts';
import type { Architecture, Tier } from '../../core/tier.ts';
import { imageParameterName } from './machine-image-names.ts';

const canonicalNames: Readonly<Record<Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Source: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
export const stockParameter = (architecture: Architecture) =>
  `/aws/service/canonical/ubuntu/server/24.04/stable/current/${canonicalNames[architecture]}/hvm/ebs-gp3/ami-id`;

/** As a launch template takes it: an id, or a parameter that EC2 looks up at each launch. */
export function imageFor({ name, architecture }: Tier, config: CheckedConfig): string {
  const { environment } = config.deployment;
  const made = config.machineImages && imageParameterName(environment, architecture);
  return config.machines.get(name)?.image ?? `resolve:ssm:${made ?? stockParameter(architecture)}`;
}

/** The names of the parameters among these images, without repetitions, in a fixed order. */
export function imageParameters(images: readonly string[]): string[] {
  const names = images.flatMap((image) => /^resolve:ssm:([^:]+)/.exec(image)?.[1] ?? []);
  return [...new Set(names)].sort();
}
