/** Which plans include a tier: its own, and those of later tiers that are no smaller. */
import { TierName } from '../core/ids.ts';
import type { TierConfig } from './config.ts';
import { virtualProcessors } from './instance-size.ts';

/** The plans besides the tier's own. A tier whose instance type does not name its size is left out of the comparison. */
export function includedIn(name: string, tiers: Readonly<Record<string, TierConfig>>): TierName[] {
  const names = Object.keys(tiers);
  const size = sizeOf(tiers[name]);
  return names
    .slice(names.indexOf(name) + 1)
    .filter((other) => (sizeOf(tiers[other]) ?? size ?? 0) >= (size ?? 0))
    .map(TierName);
}

const sizeOf = (tier: TierConfig | undefined) => {
  const first = tier?.instanceTypes[0];
  return first === undefined ? undefined : virtualProcessors(first);
};
