/**
 * Each live machine is covered by a lease of its launch for as long as it lives: a lease that goes back before its
 * machine's end is a machine that nobody pays for. And leases are never more than both limits allow when they grow.
 */
import type { Books, Note } from './books.ts';

export function checkLeases(books: Books, note: Note): void {
  const liveByLaunch = new Map<string, number>();
  for (const { launch } of books.live()) liveByLaunch.set(launch, (liveByLaunch.get(launch) ?? 0) + 1);
  for (const [id, live] of liveByLaunch) {
    const launch = books.launches.get(id);
    const tenant = launch && books.rows.tenants.get(launch.tenant as never);
    if (!tenant) continue;
    const inTier = tenant.tierLeases.get(launch.tier as never);
    const held = launch.leases.filter((lease) => tenant.leases.has(lease as never));
    const heldInTier = launch.leases.filter((lease) => inTier?.has(lease as never));
    if (held.length < live || heldInTier.length < live) {
      note('machine-without-lease', `launch ${id} has ${live} live machines and ${held.length} leases`);
    }
  }
}

/** Called for each launch as it is taken. */
export function checkTakenRoom(books: Books, launch: { tenant: number; tier: string }, note: Note): void {
  const tenant = books.rows.tenants.get(launch.tenant as never);
  if (!tenant) return;
  const cap = books.deployment.tiers.find(({ name }) => name === launch.tier)?.maxRunners ?? 0;
  const inTier = tenant.tierLeases.get(launch.tier as never)?.size ?? 0;
  if (tenant.leases.size > tenant.maxRunners || inTier > cap) {
    note(
      'leases-over-limit',
      `${launch.tenant} took ${tenant.leases.size} leases, ${inTier} of ${launch.tier}`,
    );
  }
}
