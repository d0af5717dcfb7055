/**
 * A ban and its consequences: jobs that the platform refused, and that GitHub keeps queued. When the ban is lifted
 * they take the machines of later jobs, because GitHub gives any job to any runner that fits.
 */
import { InstallationId } from '../../../lib/core/ids.ts';
import type { Account, WorldDeps } from './context.ts';

/** @param queue queues this many jobs within this many seconds */
export function banForAWhile(
  { random, scheduler, ports, log, auditor }: WorldDeps,
  account: Account,
  queue: (jobs: number, withinSeconds: number) => void,
): void {
  const installationId = InstallationId(account.installationId ?? 0);
  const edit = (from: 'active' | 'suspended', to: 'active' | 'suspended') => {
    if (ports.stores.world.tenant(installationId)?.status !== from) return false;
    ports.stores.world.editTenant(installationId, { status: to });
    auditor.statusSet(installationId, to);
    log.add(() => `the operator sets ${installationId} to ${to}`);
    return true;
  };
  if (!edit('active', 'suspended')) return;
  queue(random.between(2, 6), 20);
  scheduler.after(random.between(60, 200) * 1000, () => {
    if (edit('suspended', 'active')) queue(random.between(1, 3), 120);
  });
}
