/** A machine may start only if its launch is on record, for its own tenant, and both limits have room for it. */
import type { AuditedMachine, Ledger, Note } from './ledger.ts';

export function checkMachine(ledger: Ledger, machine: AuditedMachine, note: Note): void {
  const launch = ledger.launches.get(machine.launch);
  if (!launch) {
    note('unrecorded-launch', `${machine.id} started without a recorded launch`);
    return;
  }
  if (launch.tenant !== machine.tenant || launch.tier !== machine.tier) {
    note('crosses-tenants', `${machine.id} is tagged ${machine.tenant} ${machine.tier}, unlike its launch`);
  }
  const ofTenant = ledger.live().filter(({ tenant }) => tenant === machine.tenant);
  // A limit that was lowered after the launch was taken forbids new launches, but not this one.
  const limit = ledger.highestLimitSince(machine.tenant, launch.takenAt);
  if (ofTenant.length > limit) {
    note('tenant-limit', `${machine.tenant} has ${ofTenant.length} live machines; the limit is ${limit}`);
  }
  const ofTier = ofTenant.filter(({ tier }) => tier === machine.tier);
  const cap = ledger.highestLimitSince(`${machine.tenant}/${machine.tier}`, launch.takenAt);
  if (ofTier.length > cap) {
    note(
      'tier-limit',
      `${machine.tenant} has ${ofTier.length} live ${machine.tier} machines; the limit is ${cap}`,
    );
  }
}
