/**
 * In some stories the administrators of tenants have admission controllers, of each kind and in each kind of scope, and change
 * them while jobs wait and while machines boot. What happens here is drawn by a generator of its own, and changes nothing in
 * the stories of other seeds.
 */
import type { Controller } from '../../../../lib/core/controllers/controller.ts';
import type { ScopeTarget } from '../../../../lib/core/controllers/scope.ts';
import { InstallationId, TierName } from '../../../../lib/core/ids.ts';
import { OperationalError } from '../../../../lib/ports/errors.ts';
import type { AuditedController } from '../../auditor/admission/policy-history.ts';
import { createRandom, type Random } from '../../random.ts';
import type { Account, WorldDeps } from '../context.ts';
import type { GitHubWorld } from '../github.ts';
import { eventfulSeconds } from '../times.ts';
import { type Answering, createAnswering, type Manner, urlOf } from './answering.ts';
import { writeMatch, writeRules } from './expressions.ts';

export const tellsOfControllers = (seed: number) => createRandom(seed * 15_013 + 71).chance(0.25);

export function startControllers(
  deps: WorldDeps,
  { seed, github, accounts }: { seed: number; github: GitHubWorld; accounts: readonly Account[] },
): void {
  if (!tellsOfControllers(seed)) return;
  const random = createRandom(seed * 15_013 + 73);
  const answering = createAnswering(deps, random);
  if (deps.faults.mood !== 'calm') failToRecord(deps, random);
  const { scheduler } = deps;
  for (const account of accounts) {
    if (random.chance(0.2)) continue;
    const administrator = createAdministrator(deps, { random, answering, account });
    scheduler.after(0, administrator.change);
    for (let n = random.between(0, 5); n > 0; n--)
      scheduler.after(random.between(1, eventfulSeconds * 0.8) * 1000, administrator.change);
    // Just as a job is taken in, asked about, or its machine boots.
    github.onQueued((job) => {
      if (job.account !== account || !random.chance(0.4)) return;
      const soon = deps.webhookMilliseconds + 300;
      const within = random.pick([soon, soon, 6_000, 90_000]);
      for (let n = random.between(1, 3); n > 0; n--)
        scheduler.after(random.between(50, within), administrator.change);
    });
  }
}

/** Of all writes, those that put decisions on record fail most often: what follows them must not be done without. */
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

interface Administered {
  readonly random: Random;
  readonly answering: Answering;
  readonly account: Account;
}

function createAdministrator(deps: WorldDeps, { random, answering, account }: Administered) {
  const { ports, story, auditor, scheduler } = deps;
  const { controllers: store, world } = ports.stores;
  let made = 0;

  /** The account's controllers of the installation that it has now. */
  async function change(): Promise<void> {
    const owner = InstallationId(account.installationId ?? 0);
    const tenant = world.tenant(owner);
    if (!tenant || tenant.status === 'deleted') return;
    const from = await store.policyOf(owner);
    const known = new Map(
      auditor.books.policies
        .since(owner, scheduler.now())
        .at(-1)!
        .controllers.map((one) => [one.id, one]),
    );
    const current = [...known.values()];
    const victim = current.length > 0 && random.chance(0.6) ? random.pick(current) : undefined;
    const isDeleted = victim !== undefined && random.chance(0.2);
    const next = victim
      ? changed(random, victim)
      : newController(deps, random, { owner, account, nth: ++made });
    if (isDeleted) known.delete(victim.id);
    else known.set(next.id, next);
    const writes = isDeleted ? { put: [], remove: [victim.id] } : { put: [stored(next)], remove: [] };
    if ((await store.save(from, writes)) !== 'saved') return;
    auditor.books.policies.changed(owner, from.epoch + 1, [...known.values()]);
    story.tell(
      () => `epoch ${from.epoch + 1} of ${owner}: ${isDeleted ? `${victim.id} is deleted` : described(next)}`,
    );
    if (victim) return;
    const createdAt = new Date(scheduler.now()).toISOString();
    const put = [{ id: 'sec_1', value: 'whsec_b2xk', createdAt }];
    await store.saveSecrets(owner, next.id, { from: [], put });
    answering.begin(next, random.pick(manners));
  }
  return { change: () => void change() };
}

const manners: readonly Manner[] = [
  'steady',
  'steady',
  'steady',
  'slow',
  'silent',
  'wrong',
  'fickle',
  'mixed',
];

function newController(
  { ports, scheduler }: WorldDeps,
  random: Random,
  { owner, account, nth }: { owner: InstallationId; account: Account; nth: number },
): AuditedController {
  const id = `ctl_${account.id}${String(owner).padStart(8, '0')}${nth}`;
  const at = new Date(scheduler.now()).toISOString();
  const repositoryIds = account.repositories.map((name) =>
    ports.github.repositoryId(`${account.login}/${name}`),
  );
  const kind = random.pick(['rules', 'rules', 'https', 'https', 'poll'] as const);
  const written = writeRules(random, repositoryIds);
  return {
    owner,
    id,
    description: '',
    state: random.pick(['enabled', 'enabled', 'enabled', 'dry_run', 'disabled']),
    transport: transportOf(kind, { id, rules: written.rules }),
    onFailure: random.pick(['reject', 'admit']),
    timeoutMilliseconds: random.pick([500, 2_000, 5_000, 10_000]),
    exemptRepositories: random.chance(0.15) ? [random.pick(repositoryIds)] : [],
    scopes: random.chance(0.1)
      ? []
      : [{ id: `scp_${nth}`, target: targetOf(random, account, repositoryIds), createdAt: at }],
    version: 1,
    createdAt: at,
    updatedAt: at,
    rules: kind === 'rules' ? written.means : () => 'asked',
    ...writeMatch(random),
  };
}

function transportOf(
  kind: Controller['transport']['kind'],
  { id, rules }: { id: string; rules: readonly { reject: string; reason: string }[] },
): Controller['transport'] {
  if (kind === 'rules') return { kind, rules };
  return kind === 'https' ? { kind, url: urlOf(id) } : { kind };
}

function targetOf(random: Random, { type }: Account, repositoryIds: readonly number[]): ScopeTarget {
  const tier = random.pick([TierName('small'), TierName('medium')]);
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

/** Another state or failure policy. */
const changed = (random: Random, controller: AuditedController): AuditedController => ({
  ...controller,
  state: random.pick(['enabled', 'enabled', 'dry_run', 'disabled']),
  onFailure: random.pick(['reject', 'admit']),
  version: controller.version + 1,
});

const stored = ({ rules: _rules, matches: _matches, ...controller }: AuditedController): Controller =>
  controller;

const described = ({ id, state, transport, onFailure, scopes }: AuditedController) =>
  `${id} is ${state}, ${JSON.stringify(transport)}, ${onFailure}, ${JSON.stringify(scopes.map(({ target }) => target))}`;
