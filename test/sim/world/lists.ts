/**
 * With some seeds the operator allows a tenant only some of its repositories, and leaves its runner group unchanged:
 * GitHub then gives jobs of the others to machines that were launched for jobs of these. This draws from its own
 * random generator, so the rest of a seed's run stays the same.
 */
import { InstallationId } from '../../../lib/core/ids.ts';
import { createRandom } from '../random.ts';
import type { Account, WorldDeps } from './context.ts';
import { eventfulSeconds } from './times.ts';

export function startLists(
  deps: WorldDeps,
  { seed, accounts }: { seed: number; accounts: readonly Account[] },
): void {
  const random = createRandom(seed * 6_151 + 29);
  // In a calm world every wait must have a reason, and a job that lost its machine to another one waits for the next.
  if (deps.faults.mood === 'calm' || !random.chance(0.15)) return;
  for (const account of accounts) {
    // A user's machines register with one repository, and get no job of another.
    if (account.type === 'User' || deps.auditor.ledger.keptGroups.has(account)) continue;
    for (let n = random.between(1, 3); n > 0; n--) {
      const at = random.chance(0.5) ? 0 : random.between(1, eventfulSeconds * 0.4);
      const allowed = random.pick([[0], [0], [1], [0, 1]]);
      deps.scheduler.after(at * 1000, () => allow(deps, account, allowed));
    }
  }
}

/** @param allowed indexes of the account's repositories */
function allow({ ports, log }: WorldDeps, account: Account, allowed: readonly number[]): void {
  const id = InstallationId(account.installationId ?? 0);
  const tenant = ports.stores.world.tenant(id);
  if (!tenant || tenant.status === 'deleted') return;
  const names = allowed.map((n) => `${account.login}/${account.repositories[n]}`);
  const allowedRepositories = names.map((name) => ports.github.repositoryId(name));
  ports.stores.world.editTenant(id, { allowedRepositories });
  log.add(() => `the operator allows ${id} only the repositories ${names.join(', ')}`);
}
