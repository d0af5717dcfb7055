/**
 * Whose turn it is under the caps over all tenants. A tenant that one of them stops stands in the line of each cap over its
 * tier, and one line decides at a time: that of the cap over all tiers while it has fewer free leases than there is room in
 * the tiers in which tenants wait, and otherwise each tier's own. A tenant whose tier has no room is passed over.
 */
import { beforeFreed, type CapLine, firstInTurn, freeUnder, isShort, sharesIn } from '../../core/cap-line.ts';
import type { InstallationId, TierName } from '../../core/ids.ts';
import { heldUnder, type SharedCap, type Waiter, withWaiter } from '../../core/shared-cap.ts';
import type { Tenant } from '../../core/tenant.ts';
import { isSameTenantTier, tenantTierKey } from '../../core/tenant-tier.ts';
import { isOfCell, ownCapOf, readLine, type TurnDeps, withTiers } from './read-lines.ts';
import { allCaps, capsOf } from './shared-caps.ts';

/** A tenant that asks for itself, whether it stands in line yet or not. */
interface Asking {
  readonly tenant: Tenant;
  readonly waiter: Waiter;
}

/** With more waiters than this, those whose turn is next are considered; the others come soon. */
const waitersConsidered = 100;

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
 * @param left a tenant's places in the lines that it has just left, by the cap: only those whom that gives more, and who is next
 */
export async function onTurn(
  deps: TurnDeps,
  tier: TierName,
  left: ReadonlyMap<string, Waiter> = new Map(),
): Promise<string[]> {
  const lines: CapLine[] = [];
  for (const cap of capsOf(deps, tier)) {
    const line = await readLine(deps, cap);
    if (freeUnder(line) === 0) return [];
    lines.push(line);
  }
  const own = lines.filter((line) => !isOfCell(line));
  const ofCell = lines.find(isOfCell);
  const turnsBy = (some: readonly CapLine[]) =>
    together(
      some.map((line) => {
        const place = left.get(line.cap.name);
        return place ? turnsPassedOn(deps, line, place) : turnsIn(deps, line);
      }),
    );
  if (!ofCell) return turnsBy(own);
  const { cell, ofTiers } = await withTiers(deps, ofCell, own);
  if (isShort(cell)) return turnsBy([cell]);
  const place = left.get(ofCell.cap.name);
  const before = place && (await withTiers(deps, withPlace(ofCell, place), [...own, ...ofTiers]));
  return before && isShort(before.cell) ? turnsInEach(deps, ofTiers) : turnsBy(own);
}

/** @param freed the tier of each lease that was freed just now. @returns the places whose turn that makes it */
export async function turnsThrough(deps: TurnDeps, freed: readonly TierName[]): Promise<string[]> {
  const cellCap = allCaps(deps).find(({ tier }) => tier === undefined);
  if (!cellCap) return turnsInFreed(deps, freed);
  // A large cap's counts are in many rows, and useless while nobody waits.
  if ((await deps.launches.waitersAcrossTenants(cellCap)).length === 0) return [];
  const { cell, ofTiers } = await withTiers(deps, await readLine(deps, cellCap));
  const wasShort = isShort(beforeFreed(cell, freed));
  if (isShort(cell)) return newTurns(deps, cell, wasShort ? freed : undefined);
  // From now on each tier decides for itself, also those whose tenants had to wait for others.
  return wasShort ? turnsInEach(deps, ofTiers) : turnsInFreed(deps, freed, ofTiers);
}

/** Which of these lines decide now: that of the cap over all tiers, or those of the tiers. */
export async function decidingLines(deps: TurnDeps, lines: readonly CapLine[]): Promise<readonly CapLine[]> {
  const ofTiers = lines.filter((line) => !isOfCell(line));
  const ofCell = lines.find(isOfCell);
  if (!ofCell) return ofTiers;
  const { cell } = await withTiers(deps, ofCell, ofTiers);
  return isShort(cell) ? [cell] : ofTiers;
}

/** The places that are to have a free lease by this line, in order of their turns. */
export const turnsIn = (deps: TurnDeps, line: CapLine) => newTurns(deps, line, undefined);

/**
 * The places that get more without this one, which has just left the line, and whoever is next: so a lease that nobody takes
 * is offered again, and a tenant that leaves wakes about as many as it leaves leases.
 */
async function turnsPassedOn(deps: TurnDeps, line: CapLine, left: Waiter): Promise<string[]> {
  const shares = await sharesBy(deps, withPlace(line, left));
  const before = shares(line);
  const now = [...shares(line, left)];
  return now
    .filter(([place, share], n) => n === 0 || share > (before.get(place) ?? 0))
    .map(([place]) => place);
}

const withPlace = (line: CapLine, place: Waiter): CapLine => ({
  ...line,
  use: { ...line.use, waiters: [...line.use.waiters.filter((one) => !isSameTenantTier(one, place)), place] },
});

const turnsInEach = (deps: TurnDeps, lines: readonly CapLine[]) =>
  together(lines.map((line) => turnsIn(deps, line)));

const together = async (found: readonly Promise<string[]>[]) => (await Promise.all(found)).flat();

/** @param known lines of tiers that were read already */
async function turnsInFreed(
  deps: TurnDeps,
  freed: readonly TierName[],
  known: readonly CapLine[] = [],
): Promise<string[]> {
  const found: string[] = [];
  for (const [tier, leases] of Map.groupBy(freed, (one) => one)) {
    const cap = ownCapOf(deps, tier);
    const read = known.find((line) => line.cap.tier === tier);
    if (!cap || (!read && (await deps.launches.waitersAcrossTenants(cap)).length === 0)) continue;
    found.push(...(await newTurns(deps, read ?? (await readLine(deps, cap)), leases)));
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

/** Reads what the next waiters hold under the cap. @returns who gets what, of as many free leases as the line given has */
async function sharesBy(
  deps: TurnDeps,
  line: CapLine,
  asking?: Asking,
): Promise<(line: CapLine, without?: Waiter) => ReadonlyMap<string, number>> {
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
  return ({ cap, use, rooms }, without) => {
    const left = without ? waiters.filter((waiter) => !isSameTenantTier(waiter, without)) : waiters;
    return sharesIn({ cap, use: { ...use, waiters: left }, rooms }, held);
  };
}
