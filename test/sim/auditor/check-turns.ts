/**
 * Under a cap over all tenants everyone has a turn: while a tenant waits without a machine, only a bounded number of
 * machines goes to others, whatever the weights are.
 */

import { isHeldByControllers } from './check-waiting.ts';
import { type AuditedMachine, type Ledger, limitInTier, type Note } from './ledger.ts';

/**
 * A tenant of weight 1 comes after ten machines of one with weight 10; some more are in progress when it begins to
 * wait.
 */
const mostBefore = 16;

export function createTurnsCheck(ledger: Ledger, note: Note): () => void {
  const since = new Map<string, number>();
  return () => {
    const waiting = new Set<string>();
    for (const job of ledger.rows.jobs.values()) {
      const { installationId, state, tier } = job;
      if (state !== 'waiting' || isHeldByControllers(job)) continue;
      if (!mayStart(ledger, installationId, tier ?? '')) continue;
      const key = `${installationId}/${tier}`;
      waiting.add(key);
      if (!since.has(key)) since.set(key, ledger.now());
      const isUnderSameCap = under(ledger, tier ?? '');
      const before = [...ledger.machines.values()].filter(
        (machine) => isUnderSameCap(machine) && machine.startedAt > since.get(key)!,
      );
      if (before.length > mostBefore)
        note('starved', `${key} waits although ${before.length} machines went to others`);
    }
    for (const key of since.keys()) if (!waiting.has(key)) since.delete(key);
  };
}

/** A tier without a cap of its own is under that of all tiers. */
function under({ deployment }: Ledger, tierName: string): (machine: AuditedMachine) => boolean {
  const tier = deployment.tiers.find(({ name }) => name === tierName);
  return tier?.capOverAllTenants === undefined ? () => true : (machine) => machine.tier === tierName;
}

function mayStart({ rows, deployment, live }: Ledger, installationId: number, tierName: string): boolean {
  const tenant = [...rows.tenants.values()].find((row) => row.installationId === installationId);
  const tier = deployment.tiers.find(({ name }) => name === tierName);
  if (tenant?.status !== 'active' || tenant.predecessor !== undefined) return false;
  if (Math.min(tenant.maxRunners, limitInTier(deployment, tenant, tierName)) < 1) return false;
  if (tier?.capOverAllTenants === undefined && deployment.caps.machinesInAll === undefined) return false;
  return !live().some((machine) => machine.tenant === installationId);
}
