/** Which caps over all tenants are configured. */
import type { Deployment } from '../../contract/deployment.ts';
import type { TierName } from '../../core/ids.ts';
import { type SharedCap, sharedCaps } from '../../core/shared-cap.ts';

export interface ConfiguredCaps {
  readonly deployment: Deployment;
}

/** The caps that machines of this tier are under, its own first. */
export function capsOf({ deployment }: ConfiguredCaps, tierName: TierName): SharedCap[] {
  const tier = deployment.tiers.find(({ name }) => name === tierName);
  return tier ? sharedCaps(tier, deployment.caps.machinesInAll) : [];
}

export function allCaps(deps: ConfiguredCaps): SharedCap[] {
  const caps = deps.deployment.tiers.flatMap((tier) => capsOf(deps, tier.name));
  return [...new Map(caps.map((cap) => [cap.name, cap])).values()];
}
