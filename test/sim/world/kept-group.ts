/**
 * Runner groups that an operator has the platform keep equal to the tenant's allowed repositories, and that owners
 * nevertheless change by hand. GitHub assigns machines by the group's current state, so an outdated group shows in
 * which jobs run.
 */
import { InstallationId } from '../../../lib/core/ids.ts';
import type { RunnerGroup } from '../../../lib/core/runner-group.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import type { Account, WorldDeps } from './context.ts';
import { putGroup } from './groups.ts';
import { eventfulSeconds } from './times.ts';

const built: RunnerGroup = {
  id: 7,
  name: 'builds',
  visibility: 'selected',
  allowsPublicRepositories: true,
  selectedRepositoryIds: [],
};

/** The account's group from now on; it admits nobody yet. */
export function makeKeptGroup(deps: WorldDeps, account: Account): void {
  Object.assign(account.group, { now: built, neverPublic: false });
  deps.auditor.ledger.keptGroups.add(account);
}

/** What the operator wrote into the tenant's row with it. */
export const keptPolicy = (deps: WorldDeps, account: Account): Partial<Tenant> =>
  deps.auditor.ledger.keptGroups.has(account)
    ? { runnerGroup: 'builds', keepsRunnerGroup: true, allowedRepositories: someOf(deps, account) }
    : {};

/** The operator changes the list, and owners change the group; nobody is notified of either. */
export function changeKeptGroup(deps: WorldDeps, account: Account, changed: () => void): void {
  const { random, scheduler } = deps;
  for (let n = random.between(1, 4); n > 0; n--) {
    const change = random.pick([changeList, changeByHand]);
    scheduler.after(random.between(5, eventfulSeconds * 0.6) * 1000, () => {
      change(deps, account);
      changed();
    });
  }
}

function changeList(deps: WorldDeps, account: Account): void {
  const { world } = deps.ports.stores;
  const installationId = InstallationId(account.installationId ?? 0);
  if (!world.tenant(installationId)) return;
  const allowedRepositories = someOf(deps, account);
  world.editTenant(installationId, { allowedRepositories });
  deps.log.add(() => `the operator allows ${installationId} only the repositories ${allowedRepositories}`);
}

function changeByHand(deps: WorldDeps, account: Account): void {
  const { group, login } = account;
  group.now = { ...group.now, selectedRepositoryIds: someOf(deps, account) };
  group.changedAt = deps.scheduler.now();
  putGroup(deps.ports, account);
  deps.log.add(() => `an owner of ${login} sets its group to ${group.now.selectedRepositoryIds}`);
}

function someOf({ random, ports }: WorldDeps, { login, repositories }: Account): number[] {
  const ids = repositories.map((name) => ports.github.repositoryId(`${login}/${name}`));
  return random.pick([ids, ids.slice(0, 1), ids.slice(1)]);
}

/** The platform's changes on GitHub change the account's group. */
export function followKeeping(
  { ports, auditor, scheduler, log }: WorldDeps,
  accounts: readonly Account[],
  changed: () => void,
): void {
  const admit = ports.github.admitToGroup.bind(ports.github);
  ports.github.admitToGroup = async (installationId, login, change) => {
    const answer = await admit(installationId, login, change);
    const account = accounts.find((one) => one.installationId === installationId);
    if (!answer.ok || !account) return answer;
    const { repositoryId, isAdmitted } = change;
    const others = (account.group.now.selectedRepositoryIds ?? []).filter((id) => id !== repositoryId);
    const selectedRepositoryIds = isAdmitted ? [...others, repositoryId] : others;
    Object.assign(account.group, {
      now: { ...account.group.now, selectedRepositoryIds },
      changedAt: scheduler.now(),
    });
    log.add(() => `the group of ${login} now has the repositories ${selectedRepositoryIds}`);
    auditor.groupKept(installationId, change);
    changed();
    return answer;
  };
}
