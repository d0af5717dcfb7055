/** Tells operators who use the stock image what it lacks, since workflows may fail because of it. */
import type { CheckedConfig } from './check-config.ts';

/** @returns undefined if no tier uses the stock image */
export function stockImageHint({ deployment, machines, machineImages }: CheckedConfig): string | undefined {
  if (machineImages) return undefined;
  const names = deployment.tiers.flatMap(({ name }) =>
    machines.get(name)?.image === undefined ? [name] : [],
  );
  if (names.length === 0) return undefined;
  return (
    `Machines of ${names.join(', ')} start from Ubuntu's stock image, which has no Docker (so no services: and ` +
    'container:), no compiler and no make. Set machineImages, or an image of your own for these tiers; ' +
    'docs/DEPLOYMENT.md, "What is in the image", lists what each one has.'
  );
}
