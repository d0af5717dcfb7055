/**
 * What a tenant counts about its held leases (their expected cost, the part of it beyond the longest lives, and when
 * they were taken) equals, by the day of the launch, what its rows say was taken and not yet freed. From this a spend
 * cap reserves room for machines that live long. The number of ended machines is checked too; it is the basis for
 * comparing spending with the records.
 */
import type { Launch } from '../../../lib/core/launch.ts';
import { dayAt } from './days.ts';
import type { Ledger, Note } from './ledger.ts';
import { raisedBy } from './raised.ts';

/** Called as leases are taken and freed. */
export function checkReserved({ rows }: Ledger, note: Note): void {
  const held = new Map<string, number>();
  const add = (key: string, amount: number) => held.set(key, (held.get(key) ?? 0) + amount);
  const count = (
    of: { installationId: number; tier: string },
    at: number,
    leases: number,
    expected: number,
  ) => {
    const { day } = dayAt(at);
    add(`${of.installationId} ${day}`, leases * expected);
    add(`${of.installationId} ${day} ${of.tier}`, leases * Math.floor(at / 1000));
  };
  for (const launch of rows.launches.values()) {
    const leases = launch.state === 'closed' ? launch.instances.size : launch.plannedJobs.length;
    count(launch, launch.createdAt, leases, expectedOf(launch));
  }
  for (const runner of rows.runners.values()) {
    const { day } = dayAt(runner.launchedAt);
    add(`${runner.installationId} ${day}`, raisedBy(rows, runner));
    const { overrun = 0 } = runner.leaseCost ?? {};
    if (runner.state !== 'ended') add(`${runner.installationId} ${day} overrun`, overrun);
    if (runner.state === 'ended') count(runner, runner.launchedAt, -1, expectedOf(runner));
  }
  const settled = new Map<string, number>();
  for (const { installationId, launchedAt, state } of rows.runners.values()) {
    const key = `${installationId} ${dayAt(launchedAt).day}`;
    if (state === 'ended') settled.set(key, (settled.get(key) ?? 0) + 1);
  }
  for (const { installationId, held: counted, settled: ended = new Map() } of rows.tenants.values()) {
    for (const [day, has] of ended)
      if (has !== settled.get(`${installationId} ${day}`))
        note('spend-held', `${installationId} counts ${has} ended machines on ${day}, but its rows differ`);
    for (const [day, has] of counted?.expected ?? []) compare(`${installationId} ${day}`, has);
    for (const [day, has] of counted?.overrun ?? []) compare(`${installationId} ${day} overrun`, has);
    for (const [day, tiers] of counted?.since ?? [])
      for (const [tier, has] of tiers) compare(`${installationId} ${day} ${tier}`, has);
  }
  function compare(key: string, has: number): void {
    const should = held.get(key) ?? 0;
    if (has !== should) note('spend-held', `${key}: counts ${has} as held, but its rows add up to ${should}`);
  }
}

const expectedOf = ({ leaseCost }: Pick<Launch, 'leaseCost'>) => leaseCost?.expected ?? 0;
