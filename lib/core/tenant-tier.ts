/** A tenant's jobs of one tier: they share a line, and are balanced together. */
import { InstallationId, TierName } from './ids.ts';

export interface TenantTier {
  readonly installationId: InstallationId;
  readonly tier: TierName;
}

/** As notes and waiting lines name it. */
export const tenantTierKey = ({ installationId, tier }: TenantTier): string => `${installationId}/${tier}`;

/** Lines are long, and writing keys to compare them takes most of the time of looking through one. */
export const isSameTenantTier = (one: TenantTier, other: TenantTier): boolean =>
  one.installationId === other.installationId && one.tier === other.tier;

/** From its key. */
export function parseTenantTier(key: string): TenantTier {
  const slash = key.indexOf('/');
  return {
    installationId: InstallationId(Number(key.slice(0, slash))),
    tier: TierName(key.slice(slash + 1)),
  };
}
