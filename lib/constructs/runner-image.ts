/** The stock image that machines start from: Ubuntu 24.04, by the parameter that Canonical keeps up to date. */
import type { Architecture } from '../core/tier.ts';

const canonicalNames: Readonly<Record<Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Source: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
export const imageParameter = (architecture: Architecture) =>
  `/aws/service/canonical/ubuntu/server/24.04/stable/current/${canonicalNames[architecture]}/hvm/ebs-gp3/ami-id`;

/** Without repetitions, in a fixed order. */
export const imageParameters = (architectures: readonly Architecture[]) =>
  [...new Set(architectures)].sort().map(imageParameter);

/** The name of the image's root disk. */
export const rootDevice = '/dev/sda1';
