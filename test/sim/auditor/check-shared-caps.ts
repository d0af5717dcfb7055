/** However many tenants want machines at once, their total never exceeds the caps over all tenants. */
import type { AuditedMachine, Ledger, Note } from './ledger.ts';

/** Called for each machine as it starts. */
export function checkSharedCaps(ledger: Ledger, { tier }: AuditedMachine, note: Note): void {
  const { tiers, caps } = ledger.deployment;
  const live = ledger.live();
  const inTier = live.filter((machine) => machine.tier === tier).length;
  const tierCap = tiers.find(({ name }) => name === tier)?.capOverAllTenants;
  if (tierCap !== undefined && inTier > tierCap)
    note('shared-tier-cap', `${inTier} live ${tier} machines; the cap is ${tierCap}`);
  if (caps.machinesInAll !== undefined && live.length > caps.machinesInAll)
    note('machines-in-all', `${live.length} live machines; the cap is ${caps.machinesInAll}`);
}
