/**
 * With some seeds the operator caps what tenants may spend, at a few machines' worth, and changes the caps while jobs
 * run, with bare writes of which no function is notified. In some, caps become strict or stop being strict while
 * machines run. After the eventful part the caps are removed, so that every job comes to its end. This draws from its
 * own random generator, so the rest of a seed's run stays the same.
 */
import { InstallationId, TierName } from '../../../lib/core/ids.ts';
import { fadePeriod } from '../../../lib/core/lives.ts';
import type { SpendCaps } from '../../../lib/core/spend-counts.ts';
import { createRandom, type Random } from '../random.ts';
import type { Account, WorldDeps } from './context.ts';
import type { GitHubWorld } from './github.ts';
import { eventfulSeconds } from './times.ts';

/** With some seeds, among them some of those with machines that will not end. */
const turnsStrict = (seed: number): boolean => seed % 4 === 3 || seed % 32 === 10;

/** The highest expected cost of a small machine, approximately. */
const oneMachine = 60_000;

export function startSpendCaps(
  deps: WorldDeps,
  { seed, github, accounts }: { seed: number; github: GitHubWorld; accounts: readonly Account[] },
): void {
  const random = createRandom(seed * 7919 + 13);
  // In a calm world every wait must have a reason, and only the platform's own limits may be one.
  if (deps.faults.mood === 'calm' || random.chance(0.4)) return;
  const liftAt = deps.scheduler.now() + (eventfulSeconds - 10) * 1000;
  for (const account of accounts) {
    if (random.chance(0.3)) continue;
    const isStrict = random.chance(0.5);
    const start = deps.scheduler.now();
    const turnMilliseconds = eventfulSeconds * 100;
    const strict = () =>
      turnsStrict(seed) ? Math.floor((deps.scheduler.now() - start) / turnMilliseconds) % 2 === 1 : isStrict;
    // Room for one machine of the longest life, and for some of the usual life beside it.
    const tight = createRandom(seed * 7919 + 35);
    const tightCap = () => (tight.chance(0.5) ? { day: oneMachine + tight.between(0, oneMachine) } : {});
    for (let turn = 1; turnsStrict(seed) && turn <= 7; turn += 1)
      deps.scheduler.after(turn * turnMilliseconds, () =>
        turnStrict(deps, account, { ...tightCap(), strict: strict() }),
      );
    if (random.chance(0.5)) deps.scheduler.after(0, () => giveLives(deps, account));
    for (let n = random.between(1, 4); n > 0; n--) {
      const at = n === 1 ? 0 : random.between(1, eventfulSeconds * 0.7);
      deps.scheduler.after(at * 1000, () => setCaps(deps, account, capsOf(random, strict())));
    }
    // An operator changes the cap just as a job is accepted.
    github.onQueued((job) => {
      if (job.account !== account || deps.scheduler.now() >= liftAt || !random.chance(0.5)) return;
      const within = deps.webhookMilliseconds + 300;
      deps.scheduler.after(random.between(50, within), () => setCaps(deps, account, { strict: strict() }));
      const day = random.between(0, oneMachine);
      const leastAt = random.between(50, within);
      deps.scheduler.after(leastAt, () => setCaps(deps, account, { strict: strict(), day }));
      deps.scheduler.after(within + 30_000, () => setCaps(deps, account, capsOf(random, strict())));
    });
    // Even if the tenant was suspended, deleted and reinstalled meanwhile.
    deps.scheduler.after(eventfulSeconds * 1000, () => liftCaps(deps, account));
  }
}

function capsOf(random: Random, strict: boolean): SpendCaps {
  const micros = () => random.between(0, 4) * oneMachine + random.between(0, oneMachine);
  const kind = random.pick(['month', 'day', 'both', 'unreadable'] as const);
  if (kind === 'unreadable' && random.chance(0.5)) return { strict, unreadable: 'spend_cap is "much".' };
  return {
    strict,
    ...(kind === 'day' ? {} : { month: micros() }),
    ...(kind === 'month' ? {} : { day: micros() }),
  };
}

function setCaps({ ports, log }: WorldDeps, { installationId }: Account, caps: SpendCaps): void {
  const id = InstallationId(installationId ?? 0);
  const tenant = ports.stores.world.tenant(id);
  if (!tenant || tenant.status === 'deleted') return;
  ports.stores.world.editTenant(id, { caps });
  log.add(() => `the operator sets spend caps of ${id}: ${JSON.stringify(caps)}`);
}

function turnStrict(deps: WorldDeps, account: Account, now: SpendCaps): void {
  const { caps } = deps.ports.stores.world.tenant(InstallationId(account.installationId ?? 0)) ?? {};
  if (caps) setCaps(deps, account, { ...caps, ...now });
}

/**
 * Lives of machines that ended a month ago: the usual life is much shorter than the longest one, and the first taking
 * halves the counts.
 */
function giveLives({ ports, scheduler }: WorldDeps, { installationId }: Account): void {
  const id = InstallationId(installationId ?? 0);
  const lives = [0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  if (!ports.stores.world.tenant(id)) return;
  const tiers = [TierName('small'), TierName('medium')];
  const before = fadePeriod(scheduler.now()) - 1;
  ports.stores.world.editTenant(id, {
    lives: new Map(tiers.map((tier) => [tier, lives])),
    livesFaded: new Map(tiers.map((tier) => [tier, before])),
  });
}

function liftCaps({ ports, log }: WorldDeps, account: Account): void {
  for (const { installationId, accountId, caps } of ports.stores.world.allTenants()) {
    if (accountId !== account.id || !caps) continue;
    ports.stores.world.editTenant(installationId, { caps: {} });
    log.add(() => `the operator removes the spend caps of ${installationId}`);
  }
}
