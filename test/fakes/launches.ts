/** The launches in memory: see the port for what each method promises, and world.ts for how to make one fail. */
import type { TierName } from '../../lib/core/ids.ts';
import {
  type Launch,
  maxMachinesPerLaunch,
  missingLeases,
  type PlannedJob,
  withoutJobs,
} from '../../lib/core/launch.ts';
import { beginTogetherMilliseconds } from '../../lib/core/launch-rate.ts';
import { type LivesFade, livesFade } from '../../lib/core/lives.ts';
import { hasCap, pastDays, pastPeriods, periodsOf, spentIn } from '../../lib/core/spend.ts';
import type { HeldLeases, Settlement } from '../../lib/core/spend-counts.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { Tier } from '../../lib/core/tier.ts';
import { tierLimit } from '../../lib/core/tier-limit.ts';
import type { LaunchStore, TakeOutcome, Taking } from '../../lib/ports/launches.ts';
import type { UnreadableRow } from '../../lib/ports/unreadable-row.ts';
import { copyOf } from './copy.ts';
import { countLeases } from './lease-counts.ts';
import { createMemoryLines, hasCapRoom } from './lines.ts';
import { readable } from './unreadable.ts';
import { jobKey, type Rows, type StoreWorld } from './world.ts';

export function createMemoryLaunchStore(world: StoreWorld): LaunchStore {
  const readableLaunches = (launches: readonly Launch[], skipped?: UnreadableRow[]) =>
    readable(world, launches, { table: 'launches', keyOf: ({ launchId }) => launchId, skipped });
  const isListed = ({ launchId }: Launch) => !world.unlisted.has(launchId);
  const whole = <Kept extends Launch | undefined>(launch: Kept): Kept => {
    if (launch) readableLaunches([launch]);
    return launch;
  };
  return {
    take: (taking) => world.call('launches.take', (rows) => take(rows, taking)),
    cover: (launch) =>
      world.call('launches.cover', (rows) =>
        launch.plannedJobs.filter((planned) => !cover(rows, launch, planned)),
      ),
    shrink: (launch, { without, rateBack }) =>
      world.call('launches.shrink', (rows) => {
        const stored = rows.launches.get(launch.launchId);
        if (stored?.state !== 'intent' || stored.callUntil !== launch.callUntil) return undefined;
        const smaller = withoutJobs(stored, without);
        countLeases(rows, launch, -without.length, unspentOf(stored, without.length));
        rows.launches.set(launch.launchId, smaller);
        const tenant = rows.tenants.get(launch.installationId);
        if (tenant && rateBack > 0) {
          const rateUsedUntil = (tenant.rateUsedUntil ?? 0) - rateBack;
          const rateUsed = (tenant.rateUsed ?? 0) - rateBack;
          rows.tenants.set(tenant.installationId, { ...tenant, rateUsedUntil, rateUsed });
        }
        return smaller;
      }),
    get: (installationId, launchId) =>
      world.call('launches.get', ({ launches }) => {
        const launch = whole(launches.get(launchId));
        return launch?.installationId === installationId ? launch : undefined;
      }),
    hold: (launch, until) =>
      world.call('launches.hold', ({ launches }) => {
        const stored = launches.get(launch.launchId);
        if (!stored || stored.state === 'closed' || stored.callUntil !== launch.callUntil) return;
        if (until <= stored.callUntil) return;
        const held = { ...stored, callUntil: until };
        launches.set(launch.launchId, held);
        return whole(held);
      }),
    place: (launch, instances) =>
      world.call('launches.place', ({ launches }) => {
        const stored = launches.get(launch.launchId);
        if (!stored || stored.state === 'closed') return;
        launches.set(launch.launchId, { ...stored, instances: new Map(instances) });
      }),
    answer: (launch, instances) =>
      world.call('launches.answer', ({ launches }) => {
        const stored = launches.get(launch.launchId);
        if (stored?.state !== 'intent') return whole(stored);
        const answered: Launch = { ...stored, state: 'answered', instances: new Map(instances) };
        launches.set(launch.launchId, answered);
        return whole(answered);
      }),
    complete: (launch, instances, lookAt) =>
      world.call('launches.complete', ({ launches }) => {
        const stored = launches.get(launch.launchId);
        if (stored?.state !== 'intent') return whole(stored);
        world.unlisted.delete(launch.launchId);
        const closed: Launch = { ...stored, state: 'closed', instances: new Map(instances), lookAt };
        launches.set(launch.launchId, closed);
        return whole(closed);
      }),
    close: (launch, lookAt) =>
      world.call('launches.close', (rows) => {
        const stored = rows.launches.get(launch.launchId);
        if (stored?.state !== 'answered') return;
        world.unlisted.delete(launch.launchId);
        const { lookAt: _before, ...closed } = { ...stored, state: 'closed' as const };
        const watched = launch.instances.size > 0 ? { lookAt } : {};
        const missing = missingLeases(launch).length;
        if (missing > 0) countLeases(rows, launch, -missing, unspentOf(stored, missing));
        rows.launches.set(launch.launchId, { ...closed, ...watched });
      }),
    lookAgain: (launch, lookAt) =>
      world.call('launches.lookAgain', ({ launches }) => {
        const stored = launches.get(launch.launchId);
        if (stored?.state !== 'closed') return;
        world.unlisted.delete(launch.launchId);
        const { lookAt: _before, ...rest } = stored;
        launches.set(launch.launchId, lookAt === undefined ? rest : { ...rest, lookAt });
      }),
    relist: (launchId, lookAt) =>
      world.call('launches.relist', ({ launches }) => {
        const stored = launches.get(launchId);
        const isDropped = stored?.state === 'closed' && stored.lookAt === undefined;
        if (!stored) return 'gone';
        if (!isDropped && !world.unlisted.has(launchId)) return 'listed';
        world.unlisted.delete(launchId);
        launches.set(launchId, { ...stored, lookAt });
        return 'listed-again';
      }),
    listWatchedAcrossTenants: (now, limit, skipped) =>
      world.call('launches.listWatchedAcrossTenants', ({ launches }) => {
        const listed = [...launches.values()]
          .filter(isListed)
          .filter(({ lookAt }) => lookAt !== undefined && lookAt <= now)
          .sort((a, b) => (a.lookAt ?? 0) - (b.lookAt ?? 0))
          .slice(0, limit);
        return readableLaunches(listed, skipped);
      }),
    pageAcrossTenants: ({ from, limit }, skipped) =>
      world.call('launches.pageAcrossTenants', ({ launches }) => {
        const page = [...launches.values()]
          .filter(isListed)
          .filter(({ lookAt }) => lookAt !== undefined && lookAt >= from)
          .sort((a, b) => (a.lookAt ?? 0) - (b.lookAt ?? 0))
          .slice(0, limit);
        const next = page.length < limit ? undefined : page.at(-1)?.lookAt;
        return { launches: readableLaunches(page, skipped), ...(next === undefined ? {} : { next }) };
      }),
    listOverdueAcrossTenants: (now, limit, skipped) =>
      world.call('launches.listOverdueAcrossTenants', ({ launches }) => {
        const listed = [...launches.values()]
          .filter(isListed)
          .filter(
            ({ state, lookAt, callUntil }) => state !== 'closed' && lookAt === undefined && callUntil <= now,
          )
          .sort((a, b) => a.callUntil - b.callUntil)
          .slice(0, limit);
        return readableLaunches(listed, skipped);
      }),
    ...createMemoryLines(world),
  };
}

function take(rows: Rows, taking: Taking): TakeOutcome {
  const { tenant: read, tier, launch, caps = [] } = taking;
  const machines = launch.plannedJobs.length;
  const allowed = Math.min(maxMachinesPerLaunch, read.maxRunners, tierLimit(read, tier));
  if (machines < 1 || machines > allowed) {
    throw new Error(`Launch ${launch.launchId} requests ${machines} machines; 1 to ${allowed} are allowed.`);
  }
  assertWithinCaps(read, launch);
  const stored = rows.launches.get(launch.launchId);
  if (stored) return takenAlready(stored, launch);
  const tenant = rows.tenants.get(read.installationId);
  if (!tenant || !hasRoom(tenant, { read, tier, machines })) return { kind: 'tenant-changed', tenant };
  if (tenant.admissionEpoch !== read.admissionEpoch) return { kind: 'tenant-changed', tenant };
  if (!hasRate(tenant, taking)) return { kind: 'tenant-changed', tenant };
  if (!hasSpendRoom(tenant, read, launch)) return { kind: 'tenant-changed', tenant };
  const fade = livesFade(read, launch.tier, launch.createdAt);
  if (fade && tenant.livesFaded?.get(launch.tier) !== fade.from) return { kind: 'tenant-changed', tenant };
  if (taking.asRead && tenant.leaseChanges !== read.leaseChanges) return { kind: 'tenant-changed', tenant };
  const full = caps.find((cap) => !hasCapRoom(rows, cap, machines));
  if (full) return { kind: 'cap-full', row: full.row };
  rows.tenants.set(
    tenant.installationId,
    withFade(withoutPast(charged(tenant, taking), taking), launch.tier, fade),
  );
  countLeases(rows, { ...launch, capRows: caps.map(({ row }) => row) }, machines, spendOf(launch, machines));
  rows.launches.set(launch.launchId, copyOf(launch));
  return { kind: 'taken' };
}

/** Whether the job has the lease now. */
function cover(rows: Rows, { installationId, tier }: Launch, { jobId, lease }: PlannedJob): boolean {
  const key = jobKey(installationId, jobId);
  const job = rows.jobs.get(key);
  if (job?.state !== 'waiting') return job?.state === 'covered' && job.lease === lease;
  if (job.tier !== tier) return false;
  const { reason: _reason, retryAt: _retryAt, ...rest } = job;
  rows.jobs.set(key, { ...rest, state: 'covered', lease, attempts: job.attempts + 1 });
  return true;
}

function takenAlready(stored: Launch, launch: Launch): TakeOutcome {
  if (JSON.stringify(stored.request) === JSON.stringify(launch.request)) return { kind: 'taken' };
  throw new Error(
    `Launch ${launch.launchId} is stored with another request; a launch's id is never used twice.`,
  );
}

function hasRoom(tenant: Tenant, wanted: { read: Tenant; tier: Tier; machines: number }): boolean {
  const { read, tier, machines } = wanted;
  const inTier = tenant.tierLeases.get(tier.name) ?? 0;
  return (
    tenant.status === 'active' &&
    tenant.predecessor === undefined &&
    tenant.tier === read.tier &&
    tenant.tierLimits?.get(tier.name) === read.tierLimits?.get(tier.name) &&
    tenant.maxRunners === read.maxRunners &&
    tenant.leases + machines <= tenant.maxRunners &&
    inTier + machines <= tierLimit(read, tier)
  );
}

function withFade(tenant: Tenant, tier: TierName, fade: LivesFade | undefined): Tenant {
  if (!fade) return tenant;
  const left = (tenant.lives?.get(tier) ?? []).map((count, range) => count - fade.off[range]!);
  return {
    ...tenant,
    lives: new Map(tenant.lives).set(tier, left),
    livesFaded: new Map(tenant.livesFaded).set(tier, fade.to),
  };
}

/** What so many leases of the launch are expected to cost. */
const spendOf = ({ createdAt, leaseCost }: Launch, leases: number): Settlement => ({
  launchedAt: createdAt,
  change: leases * (leaseCost?.expected ?? 0),
  expected: Math.abs(leases) * (leaseCost?.expected ?? 0),
});

/** Of leases that go back before their machine came. */
const unspentOf = (launch: Launch, leases: number): Settlement => spendOf(launch, -leases);

/** Nobody plans more than the caps that were read. */
function assertWithinCaps(read: Tenant, launch: Launch): void {
  const expected = spendOf(launch, launch.plannedJobs.length).change;
  const [month, day] = periodsOf(launch.createdAt);
  const most = Math.min(
    (read.caps?.month ?? Number.POSITIVE_INFINITY) - (read.carried?.get(month) ?? 0),
    (read.caps?.day ?? Number.POSITIVE_INFINITY) - (read.carried?.get(day) ?? 0),
  );
  if (expected <= most && read.caps?.unreadable === undefined) return;
  throw new Error(`Launch ${launch.launchId} is expected to cost ${expected}; the cap is ${most}.`);
}

/** Each cap is what was read, and has room for what is expected. */
function hasSpendRoom(tenant: Tenant, read: Tenant, launch: Launch): boolean {
  const expected = spendOf(launch, launch.plannedJobs.length).change;
  const [month, day] = periodsOf(launch.createdAt);
  const fits = (cap: number | undefined, period: string) =>
    cap === undefined || spentIn(tenant, period) + expected <= cap;
  return (
    tenant.caps?.unreadable === undefined &&
    (tenant.caps?.strict === read.caps?.strict || !hasCap(read)) &&
    tenant.caps?.month === read.caps?.month &&
    tenant.caps?.day === read.caps?.day &&
    fits(tenant.caps?.month, month) &&
    fits(tenant.caps?.day, day)
  );
}

/** Counts that were read, and that nobody reads any more, are gone. */
function withoutPast(
  { spent, carried, settled, held, ...rest }: Tenant,
  { tenant: read, launch }: Taking,
): Tenant {
  const kept = (counts: Tenant['spent'], asRead: Tenant['spent']) => {
    const past = pastPeriods(asRead, launch.createdAt);
    return new Map([...(counts ?? [])].filter(([period]) => !past.includes(period)));
  };
  const [spentNow, carriedNow] = [kept(spent, read.spent), kept(carried, read.carried)];
  const settledNow = kept(settled, read.settled);
  return {
    ...rest,
    ...heldWithoutPast(held, read.held, launch.createdAt),
    ...(spentNow.size === 0 ? {} : { spent: spentNow }),
    ...(carriedNow.size === 0 ? {} : { carried: carriedNow }),
    ...(settledNow.size === 0 ? {} : { settled: settledNow }),
  };
}

function heldWithoutPast(
  held: HeldLeases | undefined,
  read: HeldLeases | undefined,
  now: number,
): Pick<Tenant, 'held'> {
  if (!held) return {};
  const past = pastDays(read?.expected, now);
  const isPast = (day: string, tier: TierName) =>
    pastDays(new Map([[day, read?.since.get(day)?.get(tier) ?? Number.NaN]]), now).length > 0;
  const since = [...held.since].map(
    ([day, tiers]) => [day, new Map([...tiers].filter(([tier]) => !isPast(day, tier)))] as const,
  );
  const expected = [...held.expected].filter(([day]) => !past.includes(day));
  const left = since.filter(([, tiers]) => tiers.size > 0);
  const pastOverrun = pastDays(read?.overrun, now);
  const overrun = [...(held.overrun ?? [])].filter(([day]) => !pastOverrun.includes(day));
  if (expected.length + left.length + overrun.length === 0) return {};
  return {
    held: {
      ...{ expected: new Map(expected), since: new Map(left) },
      ...(overrun.length === 0 ? {} : { overrun: new Map(overrun) }),
    },
  };
}

/** Two numbers of the row: from when what was used counts, and all that was ever used. */
function hasRate({ rateUsedUntil: until, rateUsed: used = 0 }: Tenant, { rate }: Taking): boolean {
  if (!rate) return true;
  const from = until === undefined ? undefined : until - used;
  const isTogether = from !== undefined && Math.abs(from - rate.from) <= beginTogetherMilliseconds;
  const isAsRead = rate.anew !== undefined && from === rate.anew.instead;
  return (isAsRead || isTogether) && used <= rate.usedAtMost;
}

function charged(tenant: Tenant, { rate }: Taking): Tenant {
  if (!rate) return tenant;
  const { rateUsed: before = 0, rateUsedUntil: until = 0 } = tenant;
  const rateUsed = before + rate.cost;
  return { ...tenant, rateUsed, rateUsedUntil: (rate.anew ? rate.from : until - before) + rateUsed };
}
