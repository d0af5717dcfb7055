/**
 * Each live machine is covered by a lease for its whole life: if a lease were freed before its machine's end, that
 * machine would be counted for nobody. At every moment the counts of a tenant and of a cap equal what the rows of
 * launches and machines hold. And when leases are taken, they never exceed either limit.
 */
import { type Ledger, limitInTier, type Note } from './ledger.ts';

export function checkLeases(ledger: Ledger, note: Note): void {
  const { rows } = ledger;
  const live = new Map<string, number>();
  for (const { tenant, tier } of ledger.live()) {
    live.set(`${tenant}/${tier}`, (live.get(`${tenant}/${tier}`) ?? 0) + 1);
  }
  const held = heldByRows(ledger);
  for (const tenant of rows.tenants.values()) {
    let inAll = 0;
    for (const { name } of ledger.deployment.tiers) {
      const key = `${tenant.installationId}/${name}`;
      const counted = tenant.tierLeases.get(name) ?? 0;
      inAll += counted;
      if (counted < (live.get(key) ?? 0)) {
        note(
          'machine-without-lease',
          `${key} has ${live.get(key)} live machines, but counts ${counted} leases`,
        );
      }
      if (counted !== (held.get(key) ?? 0)) {
        note('lease-count', `${key} counts ${counted} leases, but its rows hold ${held.get(key) ?? 0}`);
      }
    }
    if (tenant.leases !== inAll)
      note('lease-count', `${tenant.installationId} counts ${tenant.leases} leases instead of ${inAll}`);
  }
  for (const { key, leases } of rows.capRows.values()) {
    if (leases !== (held.get(key) ?? 0))
      note('cap-count', `${key} counts ${leases} leases instead of ${held.get(key) ?? 0}`);
  }
}

/**
 * A launch holds a lease for each machine that may still come, until it closes, and for each that came, until that
 * machine ends.
 */
function heldByRows({ rows }: Ledger): Map<string, number> {
  const held = new Map<string, number>();
  const add = (
    row: { installationId: number; tier: string; capRows?: readonly string[] },
    leases: number,
  ) => {
    const keys = [`${row.installationId}/${row.tier}`, ...(row.capRows ?? [])];
    for (const key of keys) held.set(key, (held.get(key) ?? 0) + leases);
  };
  for (const launch of rows.launches.values()) {
    add(launch, launch.state === 'closed' ? launch.instances.size : launch.plannedJobs.length);
  }
  for (const runner of rows.runners.values()) if (runner.state === 'ended') add(runner, -1);
  return held;
}

/** Called for each launch as it is taken. */
export function checkTakenRoom(ledger: Ledger, launch: { tenant: number; tier: string }, note: Note): void {
  const tenant = ledger.rows.tenants.get(launch.tenant as never);
  if (!tenant) return;
  const cap = limitInTier(ledger.deployment, tenant, launch.tier);
  const inTier = tenant.tierLeases.get(launch.tier as never) ?? 0;
  if (tenant.leases > tenant.maxRunners || inTier > cap) {
    note('leases-over-limit', `${launch.tenant} took ${tenant.leases} leases, ${inTier} of ${launch.tier}`);
  }
}
