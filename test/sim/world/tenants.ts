/**
 * The platform's users: accounts that install the App and queue jobs, one by one and in bursts. What changes about
 * them while their jobs run is in changes.ts.
 */
import { InstallationId, TierName } from '../../../lib/core/ids.ts';
import { banForAWhile } from './bans.ts';
import { createChanges, permissionsOf, putInstallation } from './changes.ts';
import type { Account, WorldDeps } from './context.ts';
import { startControllers } from './controllers/start-controllers.ts';
import type { GitHubWorld } from './github.ts';
import { stopOne } from './given-up.ts';
import { newAccountGroup, startGroupChanges } from './groups.ts';
import { changeKeptGroup, followKeeping, keptPolicy, makeKeptGroup } from './kept-group.ts';
import { startLists } from './lists.ts';
import { startLongLine } from './long-line.ts';
import { startNewcomers } from './newcomers.ts';
import { startSpendCaps } from './spend-caps.ts';
import { eventfulSeconds } from './times.ts';
import { startTransfers } from './transfers.ts';
import type { Webhooks } from './webhooks.ts';

export function startTenants(
  deps: WorldDeps,
  parts: {
    github: GitHubWorld;
    webhooks: Webhooks;
    flood: boolean;
    longLine: boolean;
    keepsGroups: boolean;
    seed: number;
  },
): void {
  const { random, scheduler, faults } = deps;
  deps.ports.github.setFormerNames(random.pick(['gone', 'redirect']));
  const accounts = Array.from({ length: random.between(2, 4) }, (_, n) => createAccount(deps, n + 1));
  followKeeping(deps, accounts, parts.github.groupsChanged);
  for (const account of accounts) {
    const isKept = parts.keepsGroups && account.type === 'Organization';
    if (isKept) makeKeptGroup(deps, account);
    install(deps, parts.webhooks, account);
    if (isKept) changeKeptGroup(deps, account, parts.github.groupsChanged);
    else startGroupChanges(deps, account, parts.github.groupsChanged);
    queueJobs(deps, parts.github, {
      account,
      jobs: random.between(1, 4),
      withinSeconds: eventfulSeconds / 2,
    });
    const changes = createChanges(deps, {
      ...parts,
      repositoryRenamed: parts.github.renamed,
      queueMore: () =>
        queueJobs(deps, parts.github, { account, jobs: random.between(1, 2), withinSeconds: 20 }),
    });
    for (let n = 0; n < 2; n++) {
      if (faults.strikes('tenantChange')) laterInStory(() => changes.installation(account));
    }
    parts.github.onQueued((job) => {
      if (job.account !== account) return;
      if (faults.strikes('tenantChange') && random.chance(0.5)) {
        scheduler.after(random.between(1_000, 60_000), () => changes.installation(account));
      }
      if (!faults.strikes('meddling')) return;
      scheduler.after(random.between(50, deps.webhookMilliseconds + 300), () => changes.byOperator(account));
    });
    for (let n = 0; n < 3; n++) {
      if (faults.strikes('operator')) laterInStory(() => changes.byOperator(account));
    }
    for (let n = 0; n < 2; n++) {
      if (faults.strikes('renamed')) laterInStory(() => changes.renamed(account));
    }
    const queue = (jobs: number, withinSeconds: number) =>
      queueJobs(deps, parts.github, { account, jobs, withinSeconds });
    if (faults.strikes('crowd')) laterInStory(() => queue(random.between(6, 12), 10));
    // Not faults: these happen in a calm world too.
    if (account.type === 'Organization' && random.chance(0.15)) queueUnlisted(deps, parts.github, account);
    if (random.chance(0.15)) laterInStory(() => banForAWhile(deps, account, queue));
    if (faults.strikes('misdirected')) {
      for (let n = 0; n < 4; n++) laterInStory(() => changes.misdirected(account));
    }
  }
  stopOne(deps, parts.seed, accounts);
  startSpendCaps(deps, { seed: parts.seed, github: parts.github, accounts });
  startLists(deps, { seed: parts.seed, accounts });
  startTransfers(deps, { seed: parts.seed, github: parts.github, accounts });
  startControllers(deps, { seed: parts.seed, github: parts.github, accounts });
  startNewcomers(deps, parts);
  if (parts.longLine) startLongLine(deps, parts.github, accounts);
  else if (random.chance(faults.mood === 'calm' ? 0.8 : 0.1)) crowd(deps, parts.github, accounts);
  if (parts.flood) queueUnheard(deps, parts, accounts[0]!);
  function laterInStory(action: () => void) {
    scheduler.after(random.between(5, eventfulSeconds * 0.6) * 1000, action);
  }
}

/**
 * Under a cap over all tenants, one tenant of great weight queues more jobs than the cap has machines; the others
 * follow a little later, with one job each.
 */
function crowd(deps: WorldDeps, github: GitHubWorld, [great, ...others]: readonly Account[]): void {
  const { random, scheduler, deployment, ports, log } = deps;
  const tier = deployment.tiers.find(
    ({ capOverAllTenants, maxRunners }) => capOverAllTenants !== undefined && capOverAllTenants <= maxRunners,
  );
  if (!tier || !great) return;
  const installationId = InstallationId(great.installationId ?? 0);
  const queue = (account: Account) =>
    github.queue({
      account,
      repository: `${account.login}/${account.repositories[0]}`,
      tier: tier.name,
      labels: tier.labels,
    });
  const at = random.between(100, 300) * 1000;
  scheduler.after(at, () => {
    if (!ports.stores.world.tenant(installationId)) return;
    log.add(() => `tenant ${installationId} has weight 10, and queues many jobs`);
    ports.stores.world.editTenant(installationId, { weight: 10, maxRunners: 9 });
    deps.auditor.limitsSet(installationId);
    for (let n = 0; n < 24; n++) queue(great);
    for (const account of others) scheduler.after(random.between(10, 60) * 1000, () => queue(account));
  });
}

function createAccount({ random, faults, scheduler, ports }: WorldDeps, n: number): Account {
  const type = random.chance(0.7) ? 'Organization' : 'User';
  const repositories = ['app', 'web'];
  const login = `account-${n}`;
  const isOpen = faults.strikes('publicRepository');
  if (isOpen) ports.github.setVisibility(`${login}/web`, 'public');
  return {
    id: n,
    login,
    type,
    repositories,
    publicRepositories: new Set(isOpen ? [ports.github.repositoryId(`${login}/web`)] : []),
    group: newAccountGroup(scheduler.now()),
    installationId: undefined,
    suspended: false,
    reinstalls: 0,
    letsRerun: random.chance(0.7),
  };
}

/** Most tenants exist when the run begins; the others come by their event, before or after their first jobs. */
function install(deps: WorldDeps, webhooks: Webhooks, account: Account): void {
  const { random, scheduler, ports, log } = deps;
  const installationId = account.id * 100 + random.between(0, 99);
  account.installationId = installationId;
  putInstallation(deps.ports, account);
  const policy = keptPolicy(deps, account);
  if (policy.runnerGroup === undefined && random.chance(0.3)) {
    webhooks.installation('installation.created', installationId);
    return;
  }
  const now = new Date(scheduler.now()).toISOString();
  const maxRunners = random.between(1, 3);
  log.add(() => `tenant ${installationId} of ${account.login} has max_runners ${maxRunners}`);
  void ports.stores.tenants.create({
    installationId: InstallationId(installationId),
    status: 'active',
    tier: TierName('small'),
    maxRunners,
    accountId: account.id,
    accountLogin: account.login,
    accountType: account.type,
    // A limit of its own that is tighter than the other two, so that two simultaneous launches reach it.
    ...(installationId % 2 === 0 ? { tierLimits: new Map([[TierName('small'), 1]]) } : {}),
    permissions: permissionsOf(account),
    ...policy,
    createdAt: now,
    updatedAt: now,
  });
}

/**
 * At the end of the eventful part the account suspends the App for some minutes, and queues jobs without webhooks:
 * far more than one run of the reconciler looks at.
 */
function queueUnheard(
  deps: WorldDeps,
  { github, webhooks }: { github: GitHubWorld; webhooks: Webhooks },
  account: Account,
): void {
  const { scheduler, deployment, ports, random } = deps;
  const set = (suspended: boolean) => {
    if (account.installationId === undefined) return;
    account.suspended = suspended;
    putInstallation(ports, account);
    webhooks.installation(`installation.${suspended ? 'suspend' : 'unsuspend'}`, account.installationId);
  };
  const [smallest] = deployment.tiers;
  scheduler.after(eventfulSeconds * 1000 + 20_000, () => set(true));
  scheduler.after(eventfulSeconds * 1000 + 30_000, () => {
    for (let n = 0; n < 40; n++) {
      const repository = `${account.login}/${random.pick([...account.repositories])}`;
      github.queue({ account, repository, tier: smallest!.name, labels: smallest!.labels });
    }
  });
  scheduler.after(eventfulSeconds * 1000 + 200_000, () => set(false));
}

/** A job of a repository outside the installation; its runners are the organization's, and GitHub lets it use them. */
function queueUnlisted(deps: WorldDeps, github: GitHubWorld, account: Account): void {
  const { random, scheduler, deployment } = deps;
  for (let n = random.between(1, 3); n > 0; n--) {
    const { name: tier, labels } = random.pick(deployment.tiers);
    const repository = `${account.login}/elsewhere`;
    scheduler.after(random.between(5, eventfulSeconds / 2) * 1000, () =>
      github.queue({ account, repository, tier, labels, isUnlisted: true }),
    );
  }
}

/** Many of an account's jobs come at the same moment, as those of a workflow do, often for the same tier. */
function queueJobs(
  deps: WorldDeps,
  github: GitHubWorld,
  wanted: { account: Account; jobs: number; withinSeconds: number },
): void {
  const { random, scheduler, deployment } = deps;
  const { account, jobs, withinSeconds } = wanted;
  const [smallest] = deployment.tiers;
  const burstAt = random.between(1, withinSeconds) * 1000;
  const burstTier = random.pick(deployment.tiers);
  for (let n = 0; n < jobs; n++) {
    const isBurst = random.chance(0.7);
    const tier = isBurst && random.chance(0.7) ? burstTier : random.pick(deployment.tiers);
    // Without a tier's own label a job asks for the smallest tier, but runners of any tier may take it.
    const isPlain = random.chance(0.2);
    const nth = random.between(0, account.repositories.length - 1);
    const at = isBurst ? burstAt + random.between(0, 100) : random.between(1, withinSeconds) * 1000;
    scheduler.after(at, () =>
      github.queue({
        account,
        repository: `${account.login}/${account.repositories[nth]}`,
        tier: isPlain ? smallest!.name : tier.name,
        labels: isPlain ? ['self-hosted', 'linux'] : tier.labels,
      }),
    );
  }
}
