/**
 * At every moment, and in each month and day, what a tenant counts as spent is the recorded cost of its ended
 * machines plus the expected cost of its held leases. No taking brings an account over its caps; under strict caps
 * not even if each earlier lease counts the longest life. Under strict caps a lease counts no less than that, and a
 * machine that was not ended counts no less than its cost so far. Without a cap there is nothing to be strict about:
 * a lease of that time may count less, and the first taking under a strict cap makes up for it.
 */
import type { Launch } from '../../../lib/core/launch.ts';
import type { UsageRecord } from '../../../lib/core/usage.ts';
import { dayAt } from './days.ts';
import type { AuditedLaunch, Ledger, Note } from './ledger.ts';
import { raisedBy } from './raised.ts';

/** Called as leases are taken and freed. */
export function checkSpend(ledger: Ledger, note: Note): void {
  const owed = spentByRows(ledger);
  for (const tenant of ledger.rows.tenants.values()) {
    const counted = tenant.spent ?? new Map<string, number>();
    const due = owed.get(tenant.installationId) ?? new Map<string, number>();
    for (const period of new Set([...counted.keys(), ...due.keys()])) {
      const [has, should] = [counted.get(period) ?? 0, due.get(period) ?? 0];
      if (has === should) continue;
      note(
        'spend-count',
        `${tenant.installationId} counts ${has} for ${period}, but its rows and records add up to ${should}`,
      );
    }
  }
}

type Amounts = Map<string, number>;

/** By installation, and by month and day of the launch. */
function spentByRows({ rows }: Ledger): Map<number, Amounts> {
  const spent = new Map<number, Amounts>();
  const add = (installation: number, at: number, micros: number) => {
    const amounts = spent.get(installation) ?? new Map<string, number>();
    const { month, day } = dayAt(at);
    for (const period of [month, day]) amounts.set(period, (amounts.get(period) ?? 0) + micros);
    spent.set(installation, amounts);
  };
  for (const launch of rows.launches.values()) {
    const { installationId, createdAt, instances, plannedJobs, state } = launch;
    const leases = state === 'closed' ? instances.size : plannedJobs.length;
    add(installationId, createdAt, leases * expectedOf(launch));
  }
  const records = new Map([...rows.usage.values()].map((record) => [record.instanceId, record]));
  for (const runner of rows.runners.values()) {
    add(runner.installationId, runner.launchedAt, raisedBy(rows, runner));
    const record = records.get(runner.instanceId);
    if (runner.state !== 'ended' || !record) continue;
    const cost = costOf(record, runner.leaseCost?.ceiling);
    add(runner.installationId, runner.launchedAt, cost - expectedOf(runner));
  }
  return spent;
}

/** How much less held leases count than the longest life, by installation, and by month and day of the launch. */
function lackingByRows(ledger: Ledger): Map<number, Amounts> {
  const lacking = new Map<number, Amounts>();
  const add = (of: Pick<Launch, 'installationId' | 'tier' | 'leaseCost'>, at: number, leases: number) => {
    const amounts = lacking.get(of.installationId) ?? new Map<string, number>();
    const micros = leases * Math.max(0, dearest(ledger, of.tier) - expectedOf(of));
    const { month, day } = dayAt(at);
    for (const period of [month, day]) amounts.set(period, (amounts.get(period) ?? 0) + micros);
    lacking.set(of.installationId, amounts);
  };
  const { launches, runners } = ledger.rows;
  for (const launch of launches.values()) {
    const { state, instances, plannedJobs } = launch;
    add(launch, launch.createdAt, state === 'closed' ? instances.size : plannedJobs.length);
  }
  for (const runner of runners.values()) {
    const launch = launches.get(runner.launchId);
    if (launch) add(launch, launch.createdAt, -1);
    if (runner.state !== 'ended') add(runner, runner.launchedAt, 1);
  }
  return lacking;
}

const expectedOf = ({ leaseCost }: Pick<Launch, 'leaseCost'>) => leaseCost?.expected ?? 0;

/** Without a price it counts the highest possible cost. */
function costOf({ cost, unpriced, startedAt, endedAt }: UsageRecord, ceiling: number | undefined): number {
  const priced = Object.values(cost).reduce((sum, part) => sum + part, 0);
  if (unpriced.length === 0 || ceiling === undefined) return priced;
  const hours = Math.max(0, (endedAt - startedAt) / 1000) / 3600;
  const most = Math.max(priced, Math.ceil(ceiling * hours) + 4);
  return unpriced.join() === 'address' ? Math.min(most, priced + Math.ceil(5_000 * hours)) : most;
}

/** Called for each launch as it is taken. */
export function checkTakenSpend(ledger: Ledger, taken: AuditedLaunch, note: Note): void {
  const tenant = ledger.rows.tenants.get(taken.tenant as never);
  const launch = ledger.rows.launches.get(taken.id as never);
  if (!tenant?.caps || !launch) return;
  const spent = spentByRows(ledger);
  const { month, day } = dayAt(launch.createdAt);
  const caps = [
    [tenant.caps.month, month],
    [tenant.caps.day, day],
  ] as const;
  const lacking = tenant.caps.strict ? lackingByRows(ledger) : new Map<number, Amounts>();
  for (const [cap, period] of caps) {
    const ofAccount = [...ledger.installationsOf(tenant.accountId)].reduce(
      (sum, id) => sum + (spent.get(id)?.get(period) ?? 0) + (lacking.get(id)?.get(period) ?? 0),
      0,
    );
    if (cap !== undefined && ofAccount > cap)
      note(
        'spend-over-cap',
        `${taken.tenant} launched although it has spent ${ofAccount} of ${cap} in ${period}`,
      );
  }
  const isCapped = [tenant.caps.month, tenant.caps.day, tenant.caps.unreadable].some(
    (cap) => cap !== undefined,
  );
  if (isCapped && tenant.caps.strict && expectedOf(launch) < dearest(ledger, taken.tier))
    note(
      'spend-not-strict',
      `${taken.id} counts ${expectedOf(launch)}, but may cost ${dearest(ledger, taken.tier)}`,
    );
}

/** The sweep may be late, or fail for some minutes. */
const unsweptSeconds = 600;

/**
 * Called each minute, for machines that count the longest life; the counts of others are compared with the usual
 * life.
 */
export function checkOverruns(ledger: Ledger, note: Note): void {
  for (const runner of ledger.rows.runners.values()) {
    const machine = ledger.machines.get(runner.instanceId);
    if (!machine?.live || runner.state === 'ended') continue;
    const launch = ledger.rows.launches.get(runner.launchId);
    if (!launch || expectedOf(launch) < dearest(ledger, runner.tier)) continue;
    const seconds = (ledger.now() - machine.startedAt) / 1000 - unsweptSeconds;
    const cost = Math.floor(((hourly[runner.tier] ?? 0) * seconds) / 3600);
    if (cost > expectedOf(runner))
      note('spend-overrun', `${runner.instanceId} has cost ${cost}, but counts ${expectedOf(runner)}`);
  }
}

/**
 * By AWS's prices for an hour: the type, its CPU credits at 60%, 30 GB of gp3, an address. t3.medium 0.0416 + 0.04,
 * t3.large 0.0832 + 0.03.
 */
const hourly: Readonly<Record<string, number>> = {
  small: 41_600 + 40_000 + 3_287 + 5_000,
  medium: 83_200 + 30_000 + 3_287 + 5_000,
};

function dearest({ deployment }: Ledger, tier: string): number {
  const { bootSeconds, idleSeconds, jobSeconds } = deployment.limits;
  return Math.floor(((hourly[tier] ?? 0) * (bootSeconds + idleSeconds + jobSeconds)) / 3600);
}
