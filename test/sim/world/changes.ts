/**
 * What changes about a tenant while its jobs run: the account suspends, uninstalls and reinstalls the App, and operators edit
 * its row with the AWS CLI, of which no function is told.
 */

import type { Permissions } from '../../../lib/core/github.ts';
import { InstallationId, TierName } from '../../../lib/core/ids.ts';
import { tagKeys } from '../../../lib/core/tags.ts';
import { fullPermissions } from '../../fakes/github-state.ts';
import type { Ports } from '../program/ports.ts';
import type { Account, WorldDeps } from './context.ts';
import type { Webhooks } from './webhooks.ts';

export interface Changes {
  /** Suspends and unsuspends it, or uninstalls and reinstalls it under a new id. */
  installation(account: Account): void;
  byOperator(account: Account): void;
  /** Somebody else's machine is named in an event of this account. */
  misdirected(account: Account): void;
}

interface Parts {
  readonly webhooks: Webhooks;
  /** The account goes on working. */
  readonly queueMore: () => void;
}

export function createChanges(deps: WorldDeps, parts: Parts): Changes {
  return {
    installation: (account) =>
      deps.random.chance(0.5) ? suspendForAWhile(deps, parts, account) : reinstall(deps, parts, account),
    byOperator: (account) => operate(deps, account),
    misdirected: (account) => misdirect(deps, parts.webhooks, account),
  };
}

export function putInstallation({ github }: Ports, account: Account): void {
  github.putInstallation(InstallationId(account.installationId!), {
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
  const { random, scheduler, ports, story } = deps;
  const { installationId } = account;
  if (installationId === undefined) return;
  const set = (suspended: boolean) => {
    if (account.installationId !== installationId) return;
    account.suspended = suspended;
    putInstallation(ports, account);
    story.tell(() => `${account.login} ${suspended ? 'suspends' : 'unsuspends'} ${installationId}`);
    webhooks.installation(`installation.${suspended ? 'suspend' : 'unsuspend'}`, installationId);
  };
  set(true);
  scheduler.after(random.between(5, 400) * 1000, () => set(false));
}

function reinstall(deps: WorldDeps, parts: Parts, account: Account): void {
  const { webhooks, queueMore } = parts;
  const { random, scheduler, ports, story } = deps;
  const { installationId } = account;
  if (installationId === undefined) return;
  story.tell(() => `${account.login} uninstalls ${installationId}`);
  ports.github.deleteInstallation(InstallationId(installationId));
  account.installationId = undefined;
  account.suspended = false;
  webhooks.installation('installation.deleted', installationId);
  scheduler.after(random.between(1, random.pick([15, 15, 400])) * 1000, () => {
    if (account.installationId !== undefined) return;
    account.installationId = installationId + 1_000;
    account.reinstalls += 1;
    putInstallation(ports, account);
    story.tell(() => `${account.login} installs again as ${account.installationId}`);
    webhooks.installation('installation.created', account.installationId);
    queueMore();
    // Some cannot make up their minds.
    if (account.reinstalls < 2 && random.chance(0.6))
      scheduler.after(random.between(500, 15_000), () => reinstall(deps, parts, account));
  });
}

/** The operator edits the row itself; no function is told. */
function operate(deps: WorldDeps, account: Account): void {
  const { random, ports, story, auditor } = deps;
  const tenant = ports.stores.world.tenant(InstallationId(account.installationId ?? 0));
  if (!tenant || tenant.status === 'deleted') return;
  const { installationId } = tenant;
  const edit = random.pick(['limit', 'limit', 'tiers', 'ban']);
  if (edit === 'limit') {
    const maxRunners = random.between(0, 4);
    ports.stores.world.setMaxRunners(installationId, maxRunners);
    auditor.limitSet(installationId, maxRunners);
    story.tell(() => `the operator sets max_runners of ${installationId} to ${maxRunners}`);
  } else if (edit === 'tiers') {
    ports.stores.world.editTenant(installationId, { allowedTiers: [TierName('small')] });
    story.tell(() => `the operator allows ${installationId} the tier small alone`);
  } else {
    ports.stores.world.editTenant(installationId, {
      status: tenant.status === 'active' ? 'suspended' : 'active',
    });
    story.tell(() => `the operator turns ${installationId} from ${tenant.status}`);
  }
}

/** GitHub has delivered events with a wrong installation before; and a leaked secret can forge them. */
function misdirect({ random, ports }: WorldDeps, webhooks: Webhooks, account: Account): void {
  const own = String(account.installationId);
  const machines = ports.compute.live().filter(({ tags }) => tags.get(tagKeys.tenant) !== own);
  if (machines.length > 0) webhooks.misdirected(account, random.pick(machines).instanceId);
}
