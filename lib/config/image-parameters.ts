/** The account's own SSM parameters that tiers take their image from. AWS's public parameters exist in every account. */
import type { MayflyConfig } from './config.ts';

/** Names in a fixed order, without the version or label that a tier may ask for. */
export function ownImageParameters({ tiers }: Pick<MayflyConfig, 'tiers'>): string[] {
  const names = Object.values(tiers).flatMap(
    ({ image }) => /^resolve:ssm:([^:]+)/.exec(image ?? '')?.[1] ?? [],
  );
  return [...new Set(names)].filter((name) => !name.startsWith('/aws/')).sort();
}
