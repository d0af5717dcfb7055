/**
 * Whose turn it is under the caps over all tenants. A tenant that one of them stops stands in the line of each cap over its
 * tier, and one line decides at a time: that of the cap over all tiers while it has fewer free leases than there is room in
 * the tiers in which tenants wait, and otherwise each tier's own. A tenant whose tier has no room is passed over.
 */
import {
  beforeFreed,
  type CapLine,
  firstInTurn,
  freeUnder,
  isShort,
  sharesIn,
  tiersIn,
} from '../../core/cap-line.ts';
import type { InstallationId, TierName } from '../../core/ids.ts';
import { heldUnder, type SharedCap, type Waiter, withWaiter } from '../../core/shared-cap.ts';
import type { Tenant } from '../../core/tenant.ts';
import { isSameTenantTier, tenantTierKey } from '../../core/tenant-tier.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { isConfigured } from './configured-tier.ts';
import { allCaps, type ConfiguredCaps, capsOf } from './shared-caps.ts';

export interface TurnDeps extends ConfiguredCaps {
  readonly launches: Pick<LaunchStore, 'capUseAcrossTenants' | 'waitersAcrossTenants'>;
  readonly tenants: Pick<TenantStore, 'findAcrossTenants'>;
}

/** A tenant that asks for itself, whether it stands in line yet or not. */
interface Asking {
  readonly tenant: Tenant;
  readonly waiter: Waiter;
}

/** With more waiters than this, those whose turn is next are considered; the others come soon. */
const waitersConsidered = 100;

const isOfCell = ({ cap }: CapLine) => cap.tier === undefined;

export async function readLine(deps: TurnDeps, cap: SharedCap): Promise<CapLine> {
  return { cap, use: await deps.launches.capUseAcrossTenants(cap), rooms: new Map() };
}

/**
 * How many of the free leases this tenant may take now, and the cap that decides it.
 * @param lines of the caps over its tier, each with free leases
 */
export async function shareOf(
  deps: TurnDeps,
  lines: readonly CapLine[],
  asking: Asking,
): Promise<{ readonly cap: SharedCap; readonly machines: number } | undefined> {
  const joined = lines.map((line) => ({ ...line, use: withWaiter(line.use, asking.waiter) }));
  const [deciding] = await decidingLines(deps, joined);
  if (!deciding) return undefined;
  const shares = await sharesBy(deps, deciding, asking);
  return { cap: deciding.cap, machines: shares(deciding).get(tenantTierKey(asking.waiter)) ?? 0 };
}

/**
 * The places that are to have a free lease, in order of their turns.
 * @param tier others matter only if the cap over all tiers decides, or did until now
 * @param left a tenant of this tier that has just left its lines
 */
export async function onTurn(deps: TurnDeps, tier: TierName, left?: Waiter): Promise<string[]> {
  const lines: CapLine[] = [];
  for (const cap of capsOf(deps, tier)) {
    const line = await readLine(deps, cap);
    if (freeUnder(line) === 0) return [];
    lines.push(line);
  }
  const ofCell = lines.find(isOfCell);
  const cell = ofCell && (await withRooms(deps, ofCell, lines));
  if (cell && isShort(cell)) return turnsIn(deps, cell);
  const before = left && ofCell && { ...ofCell, use: withWaiter(ofCell.use, left) };
  const wasShort = before !== undefined && isShort(await withRooms(deps, before, lines));
  return turnsInTiers(deps, wasShort && cell ? tiersIn(cell) : [tier], { known: lines });
}

/** @param freed the tier of each lease that was freed just now. @returns the places whose turn that makes it */
export async function turnsThrough(deps: TurnDeps, freed: readonly TierName[]): Promise<string[]> {
  const cellCap = allCaps(deps).find(({ tier }) => tier === undefined);
  if (!cellCap) return turnsInTiers(deps, new Set(freed), { freed });
  // A large cap's counts are in many rows, and useless while nobody waits.
  if ((await deps.launches.waitersAcrossTenants(cellCap)).length === 0) return [];
  const cell = await withRooms(deps, await readLine(deps, cellCap));
  const wasShort = isShort(beforeFreed(cell, freed));
  if (isShort(cell)) return newTurns(deps, cell, wasShort ? freed : undefined);
  // From now on each tier decides for itself, also those whose tenants had to wait for others.
  return wasShort ? turnsInTiers(deps, tiersIn(cell)) : turnsInTiers(deps, new Set(freed), { freed });
}

/** Which of these lines decide now: that of the cap over all tiers, or those of the tiers. */
export async function decidingLines(deps: TurnDeps, lines: readonly CapLine[]): Promise<readonly CapLine[]> {
  const ofTiers = lines.filter((line) => !isOfCell(line));
  const ofCell = lines.find(isOfCell);
  if (!ofCell) return ofTiers;
  const cell = await withRooms(deps, ofCell, ofTiers);
  return isShort(cell) ? [cell] : ofTiers;
}

/** The places that are to have a free lease by this line, in order of their turns. */
export const turnsIn = (deps: TurnDeps, line: CapLine) => newTurns(deps, line, undefined);

/**
 * @param options.freed absent: each turn is new, because these lines did not decide before
 * @param options.known lines that were read already
 */
async function turnsInTiers(
  deps: TurnDeps,
  tiers: Iterable<TierName>,
  { freed, known = [] }: { readonly freed?: readonly TierName[]; readonly known?: readonly CapLine[] } = {},
): Promise<string[]> {
  const found: string[] = [];
  for (const tier of tiers) {
    const cap = ownCapOf(deps, tier);
    const read = known.find((one) => one.cap.name === cap?.name);
    if (!cap || (!read && (await deps.launches.waitersAcrossTenants(cap)).length === 0)) continue;
    const line = read ?? (await readLine(deps, cap));
    found.push(
      ...(await newTurns(
        deps,
        line,
        freed?.filter((one) => one === tier),
      )),
    );
  }
  return found;
}

/** @param freed undefined: each turn is new, because the line did not decide before */
async function newTurns(
  deps: TurnDeps,
  line: CapLine,
  freed: readonly TierName[] | undefined,
): Promise<string[]> {
  const shares = await sharesBy(deps, line);
  const before = freed ? shares(beforeFreed(line, freed)) : new Map<string, number>();
  const now = [...shares(line)];
  return now.filter(([place, share]) => share > (before.get(place) ?? 0)).map(([place]) => place);
}

/** @param known lines of tiers that were read already */
async function withRooms(deps: TurnDeps, cell: CapLine, known: readonly CapLine[] = []): Promise<CapLine> {
  const rooms = new Map<TierName, number>();
  await Promise.all(
    [...tiersIn(cell)].map(async (tier) => {
      const cap = ownCapOf(deps, tier);
      const read = known.find((line) => line.cap.tier === tier);
      // Leases kept free for a tier that is no longer configured would stay free for ever.
      if (!isConfigured(deps, tier)) rooms.set(tier, 0);
      else if (cap) rooms.set(tier, read ? freeUnder(read) : await roomIn(deps, cap));
    }),
  );
  return { ...cell, rooms };
}

/** Where a cap's rows cannot be read, nobody can take a lease: keeping any free would let others wait for nothing. */
async function roomIn(deps: TurnDeps, cap: SharedCap): Promise<number> {
  const unreadable: UnreadableRow[] = [];
  const use = await deps.launches.capUseAcrossTenants(cap, unreadable);
  return unreadable.length > 0 ? 0 : freeUnder({ cap, use });
}

const ownCapOf = (deps: TurnDeps, tier: TierName) => capsOf(deps, tier).find((cap) => cap.tier === tier);

/** Reads what the next waiters hold under the cap. @returns who gets what, of as many free leases as the line given has */
async function sharesBy(
  deps: TurnDeps,
  line: CapLine,
  asking?: Asking,
): Promise<(line: CapLine) => ReadonlyMap<string, number>> {
  // If nothing is free, nobody gets anything, whatever each holds.
  if (freeUnder(line) === 0) return () => new Map();
  const mayTake = ({ tier }: Waiter) => (line.rooms.get(tier) ?? 1) > 0;
  const standing = line.use.waiters.filter(mayTake).sort((a, b) => a.since - b.since);
  const isAsking = (waiter: Waiter) => asking !== undefined && isSameTenantTier(waiter, asking.waiter);
  const first = new Set(firstInTurn(line, standing, waitersConsidered));
  const next = standing.filter((waiter) => first.has(waiter) || isAsking(waiter));
  const others = new Set(next.map(({ installationId }) => installationId));
  if (asking) others.delete(asking.tenant.installationId);
  const tenants = others.size === 0 ? [] : await deps.tenants.findAcrossTenants([...others]);
  const held = new Map<InstallationId, number>(
    [...tenants, ...(asking ? [asking.tenant] : [])].map(
      (tenant) => [tenant.installationId, heldUnder(line.cap, tenant)] as const,
    ),
  );
  // A tenant whose row cannot be read can take nothing: keeping leases free for it would let the others wait.
  const waiters = next.filter(({ installationId }) => held.has(installationId));
  return ({ cap, use, rooms }) => sharesIn({ cap, use: { ...use, waiters }, rooms }, held);
}
