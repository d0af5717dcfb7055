/**
 * With some seeds tenants' administrators have admission controllers, of each kind and with each kind of scope, and
 * change them while jobs wait and machines boot; in some the operator has controllers over all tenants. This draws
 * from its own random generator, so it changes nothing for other seeds.
 */
import { platformOwner } from '../../../../lib/core/controllers/controller.ts';
import type { ScopeTarget } from '../../../../lib/core/controllers/scope.ts';
import { InstallationId, TierName } from '../../../../lib/core/ids.ts';
import { OperationalError } from '../../../../lib/ports/errors.ts';
import { createRandom, type Random } from '../../random.ts';
import type { Account, WorldDeps } from '../context.ts';
import type { GitHubWorld } from '../github.ts';
import { eventfulSeconds } from '../times.ts';
import { createAdministrator } from './administrator.ts';
import { type Answering, createAnswering } from './answering.ts';
import { enableFirstController } from './first-controller.ts';
import { newController } from './new-controller.ts';

const tenantsHaveControllers = (seed: number) => createRandom(seed * 15_013 + 71).chance(0.25);

const operatorManagesControllers = (seed: number) =>
  createRandom(seed * 15_013 + 79).chance(tenantsHaveControllers(seed) ? 0.4 : 0.1);

/** Seeds with which the first controller is enabled while machines without a start gate exist. */
function firstOf(seed: number): 'tenant' | 'operator' | undefined {
  if (tenantsHaveControllers(seed) || operatorManagesControllers(seed)) return undefined;
  const random = createRandom(seed * 15_013 + 89);
  return random.chance(0.15) ? random.pick(['tenant', 'tenant', 'operator']) : undefined;
}

/** With these seeds machines are slow, so that a controller may be enabled between a machine's claim and its confirm. */
export function confirmPauses(seed: number): { readonly confirmPause?: () => number } {
  if (firstOf(seed) === undefined) return {};
  const random = createRandom(seed * 15_013 + 97);
  return { confirmPause: () => random.pick([0, random.between(5_000, 30_000)]) };
}

export const operatorHasControllers = (seed: number) =>
  operatorManagesControllers(seed) || firstOf(seed) === 'operator';

/** In these some rules need facts about a run that only GitHub has, and runs have several jobs. */
export const namesRuns = (seed: number) =>
  tellsOfControllers(seed) && createRandom(seed * 15_013 + 83).chance(0.4);

export const tellsOfControllers = (seed: number) =>
  tenantsHaveControllers(seed) || operatorHasControllers(seed) || firstOf(seed) !== undefined;

interface ControlledWorld {
  readonly seed: number;
  readonly github: GitHubWorld;
  readonly accounts: readonly Account[];
}

export function startControllers(deps: WorldDeps, { seed, github, accounts }: ControlledWorld): void {
  if (!tellsOfControllers(seed)) return;
  const random = createRandom(seed * 15_013 + 73);
  const answering = createAnswering(deps, random);
  if (deps.faults.mood !== 'calm') failToRecord(deps, random);
  const started = { random, answering, github, namesRuns: namesRuns(seed) };
  if (tenantsHaveControllers(seed)) {
    for (const account of accounts) if (!random.chance(0.2)) startOfTenant(deps, { ...started, account });
  }
  if (operatorManagesControllers(seed)) startOfOperator(deps, { ...started, accounts });
  const first = firstOf(seed);
  if (first)
    enableFirstController(deps, {
      random,
      github,
      account: accounts[0]!,
      isOfOperator: first === 'operator',
    });
}

interface Started {
  readonly random: Random;
  readonly answering: Answering;
  readonly github: GitHubWorld;
  readonly namesRuns: boolean;
}

function startOfTenant(
  deps: WorldDeps,
  { random, answering, github, namesRuns: ofRuns, account }: Started & { account: Account },
): void {
  const { ports, scheduler } = deps;
  const repositoryIds = repositoriesOf(deps, account);
  const { change } = createAdministrator(deps, {
    random,
    answering,
    // The account's controllers belong to its current installation.
    owner: () => {
      const owner = InstallationId(account.installationId ?? 0);
      const tenant = ports.stores.world.tenant(owner);
      return tenant && tenant.status !== 'deleted' ? owner : undefined;
    },
    newController: (owner, nth) =>
      newController(random, {
        owner,
        id: `ctl_${account.id}${String(owner).padStart(8, '0')}${nth}`,
        now: scheduler.now(),
        repositoryIds,
        namesRuns: ofRuns,
        targets: () => targetOf(random, account, repositoryIds),
      }),
  });
  changeSometimes(deps, { random, change, most: 5 });
  // Just as a job is accepted or asked about, or its machine boots.
  github.onQueued((job) => {
    if (job.account !== account || !random.chance(0.4)) return;
    changeSoon(deps, random, change);
  });
}

/** The operator's controllers cover the jobs of all tenants, or those of a tier. */
function startOfOperator(
  deps: WorldDeps,
  { random, answering, github, namesRuns: ofRuns, accounts }: Started & { accounts: readonly Account[] },
): void {
  const repositoryIds = accounts.flatMap((account) => repositoriesOf(deps, account));
  const { change } = createAdministrator(deps, {
    random,
    answering,
    owner: () => platformOwner,
    newController: (owner, nth) =>
      newController(random, {
        owner,
        id: `ctl_platform${nth}`,
        now: deps.scheduler.now(),
        repositoryIds,
        namesRuns: ofRuns,
        targets: () =>
          random.pick<ScopeTarget>([{ kind: 'installation' }, { kind: 'tier', tier: anyTier(random) }]),
      }),
  });
  changeSometimes(deps, { random, change, most: 3 });
  // Each change makes all waiting jobs of all tenants be asked about again, so it does not come with each job of a
  // crowd.
  let left = 4;
  github.onQueued(() => {
    if (left === 0 || !random.chance(0.15)) return;
    left -= 1;
    changeSoon(deps, random, change);
  });
}

function changeSometimes(
  { scheduler }: WorldDeps,
  { random, change, most }: { random: Random; change: () => void; most: number },
): void {
  scheduler.after(0, change);
  for (let n = random.between(0, most); n > 0; n--)
    scheduler.after(random.between(1, eventfulSeconds * 0.8) * 1000, change);
}

function changeSoon(deps: WorldDeps, random: Random, change: () => void): void {
  const soon = deps.webhookMilliseconds + 300;
  const within = random.pick([soon, soon, 6_000, 90_000]);
  for (let n = random.between(1, 3); n > 0; n--) deps.scheduler.after(random.between(50, within), change);
}

/**
 * Among all writes, those that store decisions fail most often: whatever follows a decision must not happen without
 * it.
 */
function failToRecord({ ports, scheduler }: WorldDeps, random: Random): void {
  const store = ports.stores.controllers;
  const record = store.recordDecisions.bind(store);
  const until = scheduler.now() + eventfulSeconds * 1000;
  store.recordDecisions = async (decisions) => {
    if (scheduler.now() < until && random.chance(0.15))
      throw new OperationalError('Nothing was recorded.', { code: 'ServiceUnavailable', retryable: true });
    return record(decisions);
  };
}

const repositoriesOf = ({ ports }: WorldDeps, { login, repositories }: Account) =>
  repositories.map((name) => ports.github.repositoryId(`${login}/${name}`));

const anyTier = (random: Random) => random.pick([TierName('small'), TierName('medium')]);

function targetOf(random: Random, { type }: Account, repositoryIds: readonly number[]): ScopeTarget {
  const tier = anyTier(random);
  const repositoryId = random.pick(repositoryIds);
  const narrow: readonly ScopeTarget[] =
    type === 'Organization'
      ? [
          { kind: 'group', group: 'Default' },
          { kind: 'group-tier', group: 'Default', tier },
        ]
      : [{ kind: 'repository-tier', repositoryId, tier }];
  return random.pick([
    { kind: 'installation' },
    { kind: 'installation' },
    { kind: 'tier', tier },
    { kind: 'repository', repositoryId },
    random.pick(narrow),
  ] as const);
}
