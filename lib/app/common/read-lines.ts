/** Reads the lines of the caps over all tenants, with how many leases each tier has room for. */
import { type CapLine, freeUnder, tiersIn } from '../../core/cap-line.ts';
import type { TierName } from '../../core/ids.ts';
import type { SharedCap } from '../../core/shared-cap.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { isConfigured } from './configured-tier.ts';
import { type ConfiguredCaps, capsOf } from './shared-caps.ts';

export interface TurnDeps extends ConfiguredCaps {
  readonly launches: Pick<LaunchStore, 'capUseAcrossTenants' | 'waitersAcrossTenants'>;
  readonly tenants: Pick<TenantStore, 'findAcrossTenants'>;
}

export const isOfCell = ({ cap }: CapLine) => cap.tier === undefined;

export async function readLine(deps: TurnDeps, cap: SharedCap): Promise<CapLine> {
  return { cap, use: await deps.launches.capUseAcrossTenants(cap), rooms: new Map() };
}

/** The line of the cap over all tiers with its rooms, and the lines of the tiers in which its tenants wait. */
interface LinesNow {
  readonly cell: CapLine;
  /** Without those of tiers that have no cap, or whose rows cannot be read. */
  readonly ofTiers: readonly CapLine[];
}

/** @param known lines of tiers that were read already */
export async function withTiers(
  deps: TurnDeps,
  cell: CapLine,
  known: readonly CapLine[] = [],
): Promise<LinesNow> {
  const tiers = [...tiersIn(cell)];
  const lines = await Promise.all(
    tiers.map(async (tier) => {
      const cap = ownCapOf(deps, tier);
      return cap && (known.find((line) => line.cap.tier === tier) ?? readableLine(deps, cap));
    }),
  );
  const rooms = new Map<TierName, number>();
  for (const [n, tier] of tiers.entries()) {
    const line = lines[n];
    // Leases kept free for a tier that is no longer configured would stay free for ever.
    if (line) rooms.set(tier, freeUnder(line));
    else if (ownCapOf(deps, tier) || !isConfigured(deps, tier)) rooms.set(tier, 0);
  }
  return { cell: { ...cell, rooms }, ofTiers: lines.filter((line) => line !== undefined) };
}

/** Where a cap's rows cannot be read, nobody can take a lease: keeping any free would let others wait for nothing. */
async function readableLine(deps: TurnDeps, cap: SharedCap): Promise<CapLine | undefined> {
  const unreadable: UnreadableRow[] = [];
  const use = await deps.launches.capUseAcrossTenants(cap, unreadable);
  return unreadable.length > 0 ? undefined : { cap, use, rooms: new Map() };
}

export const ownCapOf = (deps: TurnDeps, tier: TierName) =>
  capsOf(deps, tier).find((cap) => cap.tier === tier);
