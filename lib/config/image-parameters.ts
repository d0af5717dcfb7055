/** The account's own parameters that tiers look their image up in. AWS's public ones are there in every account. */
import type { MayflyConfig } from './config.ts';

/** Names, without the version or label that a tier may ask for, in a fixed order. */
export function ownImageParameters({ tiers }: Pick<MayflyConfig, 'tiers'>): string[] {
  const names = Object.values(tiers).flatMap(
    ({ image }) => /^resolve:ssm:([^:]+)/.exec(image ?? '')?.[1] ?? [],
  );
  return [...new Set(names)].filter((name) => !name.startsWith('/aws/')).sort();
}
