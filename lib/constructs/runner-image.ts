/**
 * What machines start from: the image that a tier names, or the stock one, which is Ubuntu 24.04 by the parameter that
 * Canonical keeps up to date.
 */
import type { MachineSettings } from '../config/check-machines.ts';
import type { Architecture } from '../core/tier.ts';

const canonicalNames: Readonly<Record<Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Source: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
const stockParameter = (architecture: Architecture) =>
  `/aws/service/canonical/ubuntu/server/24.04/stable/current/${canonicalNames[architecture]}/hvm/ebs-gp3/ami-id`;

/** As a launch template takes it: an id, or a parameter that EC2 looks up at each launch. */
export const imageFor = (tier: { architecture: Architecture }, { image }: MachineSettings) =>
  image ?? `resolve:ssm:${stockParameter(tier.architecture)}`;

/** The names of the parameters among these images, without repetitions, in a fixed order. */
export function imageParameters(images: readonly string[]): string[] {
  const names = images.flatMap((image) => /^resolve:ssm:([^:]+)/.exec(image)?.[1] ?? []);
  return [...new Set(names)].sort();
}
