/**
 * Changes of a tenant while its jobs run: the account suspends, uninstalls and reinstalls the App, and operators edit
 * its row with the AWS CLI, of which no function is notified.
 */
import type { Permissions } from '../../../lib/core/github.ts';
import { InstallationId, TierName } from '../../../lib/core/ids.ts';
import { tagKeys } from '../../../lib/core/tags.ts';
import { fullPermissions } from '../../fakes/github-state.ts';
import type { Ports } from '../program/ports.ts';
import type { Account, WorldDeps } from './context.ts';
import { putGroup } from './groups.ts';
import type { Webhooks } from './webhooks.ts';

export interface Changes {
  /** Suspends and unsuspends it, or uninstalls and reinstalls it under a new id. */
  installation(account: Account): void;
  byOperator(account: Account): void;
  /** The account, or one of its repositories, is renamed. */
  renamed(account: Account): void;
  /** An event of this account names another tenant's machine. */
  misdirected(account: Account): void;
}

interface Parts {
  readonly webhooks: Webhooks;
  /** The account continues to queue jobs. */
  readonly queueMore: () => void;
  readonly repositoryRenamed: (from: string, to: string) => void;
}

export function createChanges(deps: WorldDeps, parts: Parts): Changes {
  return {
    installation: (account) =>
      deps.random.chance(0.5) ? suspendForAWhile(deps, parts, account) : reinstall(deps, parts, account),
    byOperator: (account) => operate(deps, account),
    renamed: (account) => rename(deps, parts, account),
    misdirected: (account) => misdirect(deps, parts.webhooks, account),
  };
}

export function putInstallation(ports: Ports, account: Account): void {
  putGroup(ports, account);
  ports.github.putInstallation(InstallationId(account.installationId!), {
    accountId: account.id,
    accountLogin: account.login,
    accountType: account.type,
    suspended: account.suspended,
    repositories: account.repositories,
    permissions: permissionsOf(account),
  });
}

export const permissionsOf = ({ letsRerun }: Account): Permissions => ({
  ...fullPermissions,
  actions: letsRerun ? 'write' : 'read',
});

function suspendForAWhile(deps: WorldDeps, { webhooks }: Parts, account: Account): void {
  const { random, scheduler, ports, log } = deps;
  const { installationId } = account;
  if (installationId === undefined) return;
  const set = (suspended: boolean) => {
    if (account.installationId !== installationId) return;
    account.suspended = suspended;
    putInstallation(ports, account);
    log.add(() => `${account.login} ${suspended ? 'suspends' : 'unsuspends'} ${installationId}`);
    webhooks.installation(`installation.${suspended ? 'suspend' : 'unsuspend'}`, installationId);
    // The ban comes while the tenant manager handles the event.
    if (deps.faults.strikes('meddling')) {
      scheduler.after(random.between(20, deps.webhookMilliseconds + 500), () => turn(deps, installationId));
    }
  };
  set(true);
  scheduler.after(random.between(5, 400) * 1000, () => set(false));
}

function reinstall(deps: WorldDeps, parts: Parts, account: Account): void {
  const { webhooks, queueMore } = parts;
  const { random, scheduler, ports, log } = deps;
  const { installationId } = account;
  if (installationId === undefined) return;
  log.add(() => `${account.login} uninstalls ${installationId}`);
  ports.github.deleteInstallation(InstallationId(installationId));
  account.installationId = undefined;
  account.suspended = false;
  webhooks.installation('installation.deleted', installationId);
  scheduler.after(random.between(1, random.pick([15, 15, 400])) * 1000, () => {
    if (account.installationId !== undefined) return;
    account.installationId = installationId + 1_000;
    account.reinstalls += 1;
    putInstallation(ports, account);
    log.add(() => `${account.login} installs again as ${account.installationId}`);
    webhooks.installation('installation.created', account.installationId);
    // The operator knows the account only by its former row.
    for (let times = 0; times < 4; times++) {
      if (!deps.faults.strikes('meddling')) continue;
      scheduler.after(random.between(20, deps.webhookMilliseconds + 500), () => ban(deps, installationId));
    }
    queueMore();
    // Some reinstall repeatedly.
    if (account.reinstalls < 2 && random.chance(0.6))
      scheduler.after(random.between(500, 15_000), () => reinstall(deps, parts, account));
  });
}

/** The operator edits the row itself; no function is notified. */
function operate(deps: WorldDeps, account: Account): void {
  const { random, ports, log, auditor } = deps;
  const tenant = ports.stores.world.tenant(InstallationId(account.installationId ?? 0));
  if (!tenant || tenant.status === 'deleted') return;
  const { installationId } = tenant;
  const edit = random.pick(['limit', 'limit', 'plan', 'tier-limit', 'tiers', 'ban']);
  if (edit === 'limit') {
    const maxRunners = random.between(0, 4);
    ports.stores.world.setMaxRunners(installationId, maxRunners);
    auditor.limitsSet(installationId);
    log.add(() => `the operator sets max_runners of ${installationId} to ${maxRunners}`);
  } else if (edit === 'plan') {
    const tier = random.pick([TierName('small'), TierName('medium')]);
    ports.stores.world.editTenant(installationId, { tier });
    auditor.limitsSet(installationId);
    log.add(() => `the operator sets the plan of ${installationId} to ${tier}`);
  } else if (edit === 'tier-limit') {
    const [tier, limit] = [random.pick([TierName('small'), TierName('medium')]), random.between(0, 3)];
    ports.stores.world.editTenant(installationId, { tierLimits: new Map([[tier, limit]]) });
    auditor.limitsSet(installationId);
    log.add(() => `the operator sets the limit of ${installationId} for ${tier} to ${limit}`);
  } else if (edit === 'tiers') {
    ports.stores.world.editTenant(installationId, { allowedTiers: [TierName('small')] });
    log.add(() => `the operator allows ${installationId} only the tier small`);
  } else {
    turn(deps, installationId);
  }
}

/** Bans an active tenant or one that GitHub suspended, or lifts an existing ban, with a bare write of the status. */
function turn({ ports, log, auditor }: WorldDeps, id: number): void {
  const tenant = ports.stores.world.tenant(InstallationId(id));
  if (!tenant || tenant.status === 'deleted' || tenant.status === 'pending') return;
  const { installationId } = tenant;
  const isBanned = tenant.status === 'suspended' && tenant.suspendedBy !== 'github';
  const status = isBanned ? 'active' : 'suspended';
  ports.stores.world.editTenant(installationId, { status });
  auditor.statusSet(installationId, status);
  log.add(() => `the operator changes ${installationId} from ${tenant.status} to ${status}`);
}

function ban(deps: WorldDeps, id: number): void {
  const tenant = deps.ports.stores.world.tenant(InstallationId(id));
  if (tenant?.status === 'active') turn(deps, id);
}

function rename(deps: WorldDeps, { webhooks, repositoryRenamed }: Parts, account: Account): void {
  const { random, ports, log } = deps;
  const { installationId, login, repositories } = account;
  if (installationId === undefined) return;
  const suffix = random.between(1, 9);
  if (random.chance(0.5)) {
    account.login = `${login}-${suffix}`;
    ports.github.renameAccount(InstallationId(installationId), account.login);
    for (const name of repositories) repositoryRenamed(`${login}/${name}`, `${account.login}/${name}`);
    webhooks.installation('installation_target.renamed', installationId);
  } else {
    const name = random.pick([...repositories]);
    const to = `${name}-${suffix}`;
    account.repositories = repositories.map((one) => (one === name ? to : one));
    ports.github.renameRepository(InstallationId(installationId), name, to);
    repositoryRenamed(`${login}/${name}`, `${login}/${to}`);
  }
  log.add(() => `${login} is now ${account.login} with ${account.repositories.join(', ')}`);
}

/** GitHub has delivered events with a wrong installation before; and a leaked secret can forge them. */
function misdirect({ random, ports }: WorldDeps, webhooks: Webhooks, account: Account): void {
  const own = String(account.installationId);
  const machines = ports.compute.live().filter(({ tags }) => tags.get(tagKeys.tenant) !== own);
  if (machines.length > 0) webhooks.misdirected(account, random.pick(machines).instanceId);
}
