/**
 * Who uses the platform: accounts that install, suspend, uninstall and reinstall the App and queue jobs, and operators who
 * edit the tenants' rows with the AWS CLI, by no event and at any time.
 */
import { InstallationId, TierName } from '../../../lib/core/ids.ts';
import { tagKeys } from '../../../lib/core/tags.ts';
import type { Account, WorldDeps } from './context.ts';
import type { GitHubWorld } from './github.ts';
import type { Webhooks } from './webhooks.ts';

/** For how long the world is eventful, in seconds. */
export const eventfulSeconds = 1_800;

export function startTenants(deps: WorldDeps, parts: { github: GitHubWorld; webhooks: Webhooks }): void {
  const { random, scheduler, faults } = deps;
  const accounts = Array.from({ length: random.between(2, 4) }, (_, n) => createAccount(deps, n + 1));
  for (const account of accounts) {
    install(deps, parts.webhooks, account);
    queueJobs(deps, parts.github, account);
    for (let n = 0; n < 2; n++) {
      if (faults.strikes('tenantChange')) laterInStory(() => changeTenant(deps, parts.webhooks, account));
    }
    for (let n = 0; n < 3; n++) {
      if (faults.strikes('operator')) laterInStory(() => operate(deps, account));
    }
    if (faults.strikes('misdirected')) {
      for (let n = 0; n < 4; n++) laterInStory(() => misdirect(deps, parts.webhooks, account));
    }
  }
  function laterInStory(action: () => void) {
    scheduler.after(random.between(5, eventfulSeconds * 0.6) * 1000, action);
  }
}

function createAccount({ random }: WorldDeps, n: number): Account {
  const type = random.chance(0.7) ? 'Organization' : 'User';
  const repositories = ['app', 'web'];
  return { id: n, login: `account-${n}`, type, repositories, installationId: undefined, suspended: false };
}

/** Most are known already when the story begins; the others come by their event, before or after their first jobs. */
function install(deps: WorldDeps, webhooks: Webhooks, account: Account): void {
  const { random, scheduler, ports, story } = deps;
  const installationId = account.id * 100 + random.between(0, 99);
  account.installationId = installationId;
  putInstallation(deps, account);
  if (random.chance(0.3)) {
    webhooks.installation('installation.created', installationId);
    return;
  }
  const now = new Date(scheduler.now()).toISOString();
  const maxRunners = random.between(1, 3);
  story.tell(() => `tenant ${installationId} of ${account.login} may have ${maxRunners} runners`);
  void ports.stores.tenants.create({
    installationId: InstallationId(installationId),
    status: 'active',
    tier: TierName('small'),
    maxRunners,
    accountId: account.id,
    accountLogin: account.login,
    accountType: account.type,
    createdAt: now,
    updatedAt: now,
  });
}

function putInstallation({ ports }: WorldDeps, account: Account): void {
  ports.github.putInstallation(InstallationId(account.installationId!), {
    accountId: account.id,
    accountLogin: account.login,
    accountType: account.type,
    suspended: account.suspended,
    repositories: account.repositories,
  });
}

function queueJobs(deps: WorldDeps, github: GitHubWorld, account: Account): void {
  const { random, scheduler, deployment } = deps;
  const burstAt = random.between(1, eventfulSeconds / 2);
  for (let n = random.between(1, 4); n > 0; n--) {
    const tier = random.pick(deployment.tiers);
    // Without a tier's own label a job means the smallest, and runners of any tier may take it.
    const wanted = random.chance(0.8)
      ? { tier: tier.name, labels: tier.labels }
      : { tier: deployment.tiers[0]!.name, labels: ['self-hosted', 'linux'] };
    const repository = `${account.login}/${random.pick(account.repositories)}`;
    const at = random.chance(0.6) ? burstAt + random.between(0, 3) : random.between(1, eventfulSeconds / 2);
    scheduler.after(at * 1000, () => github.queue({ account, repository, ...wanted }));
  }
}

function changeTenant(deps: WorldDeps, webhooks: Webhooks, account: Account): void {
  const { random, scheduler, ports, story } = deps;
  const { installationId } = account;
  if (installationId === undefined) return;
  const again = (action: () => void) => scheduler.after(random.between(5, 400) * 1000, action);
  if (random.chance(0.5)) {
    const suspend = (suspended: boolean) => {
      if (account.installationId !== installationId) return;
      account.suspended = suspended;
      putInstallation(deps, account);
      story.tell(() => `${account.login} ${suspended ? 'suspends' : 'unsuspends'} ${installationId}`);
      webhooks.installation(`installation.${suspended ? 'suspend' : 'unsuspend'}`, installationId);
    };
    suspend(true);
    again(() => suspend(false));
    return;
  }
  story.tell(() => `${account.login} uninstalls ${installationId}`);
  ports.github.deleteInstallation(InstallationId(installationId));
  account.installationId = undefined;
  account.suspended = false;
  webhooks.installation('installation.deleted', installationId);
  again(() => {
    if (account.installationId !== undefined) return;
    account.installationId = installationId + 1_000;
    putInstallation(deps, account);
    story.tell(() => `${account.login} installs again as ${account.installationId}`);
    webhooks.installation('installation.created', account.installationId);
  });
}

/** The operator edits the row itself; no function is told. */
function operate(deps: WorldDeps, account: Account): void {
  const { random, ports, story, auditor } = deps;
  const tenant = ports.stores.world.tenant(InstallationId(account.installationId ?? 0));
  if (!tenant || tenant.status === 'deleted') return;
  const { installationId } = tenant;
  const edit = random.pick(['limit', 'limit', 'limit', 'tiers', 'ban']);
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
