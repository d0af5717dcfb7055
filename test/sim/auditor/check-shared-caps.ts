/** However many tenants want machines at once, their total never exceeds the caps over all tenants. */
import type { AuditedMachine, Books, Note } from './books.ts';

/** Called for each machine as it starts. */
export function checkSharedCaps(books: Books, { tier }: AuditedMachine, note: Note): void {
  const { tiers, caps } = books.deployment;
  const live = books.live();
  const inTier = live.filter((machine) => machine.tier === tier).length;
  const tierCap = tiers.find(({ name }) => name === tier)?.capOverAllTenants;
  if (tierCap !== undefined && inTier > tierCap)
    note('shared-tier-cap', `${inTier} live ${tier} machines; the cap is ${tierCap}`);
  if (caps.machinesInAll !== undefined && live.length > caps.machinesInAll)
    note('machines-in-all', `${live.length} live machines; the cap is ${caps.machinesInAll}`);
}
