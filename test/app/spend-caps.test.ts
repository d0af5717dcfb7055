import { describe, expect, it } from '@jest/globals';
import { spendRoom } from '../../lib/app/common/lease-cost.ts';
import { InstallationId, JobId, TierName } from '../../lib/core/ids.ts';
import { rangesOfLives } from '../../lib/core/lives.ts';
import type { SpendCaps } from '../../lib/core/spend-counts.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenCapped, hourly, longest, month, queued, queuedTo, reasonOf, today } from '../support/capped.ts';
import { acme, givenDeployment, givenEvent, givenTenant, givenTier, noon, small } from '../support/given.ts';
import { expectBalanced, expectNothingLeft } from '../support/platform.ts';

describe('a spend cap', () => {
  it('starts as many machines as fit, and holds the others with amounts and date', async () => {
    const platform = await givenCapped({ month: longest * 2 });
    await platform.accept(...queuedTo(3));
    expect(platform.liveMachines()).toHaveLength(2);
    expect(await platform.spent()).toBe(longest * 2);
    expect(await reasonOf(platform, 3)).toEqual({
      code: 'spend-cap',
      text: expect.stringMatching(
        /all of the \$1\.12 of its monthly spend cap .* for 2026-11, .* 2026-12-01 \(UTC\)/,
      ),
    });
    await expectBalanced(platform);
  });

  it('is in each minute’s metrics, with all jobs that wait for it, and without tenants’ names', async () => {
    const platform = await givenCapped({ month: longest * 2 });
    await platform.accept(...queuedTo(30));
    await platform.sweep();
    expect(platform.telemetry.total('JobsHeldBySpendCap', { tier: 'small' })).toBe(28);
    expect(platform.telemetry.total('TenantsAtSpendCap', { tier: 'small' })).toBe(1);
  });

  it('counts the actual cost of machines once they have ended, and the next ones start', async () => {
    const platform = await givenCapped({ month: longest * 2 });
    await platform.accept(...queuedTo(3));
    await platform.endAll(300);
    await platform.deliverPokes();
    expect(await platform.spent()).toBe(platform.recorded() + longest);
    expect(await platform.job(3)).toMatchObject({ state: 'covered' });
  });

  it('keeps room for machines that keep running: most are short, but an old one may run for the longest life', async () => {
    const caps = { month: longest * 2 + 30_000 };
    const lives = new Map([[small, [0, 0, 900, 0, 0, 0, 0, 0, 0, 100, 0, 0]]]);
    const platform = await givenCapped(caps);
    platform.stores.world.editTenant(acme, { lives });
    await platform.accept(...queuedTo(2));
    expect(platform.liveMachines()).toHaveLength(2);
    const spentBefore = await platform.spent();
    platform.clock.advance(3_600_000);
    await platform.accept(queued(3));
    expect(platform.liveMachines()).toHaveLength(2);
    expect(caps.month - spentBefore).toBeGreaterThan(spentBefore / 2);
    expect((await reasonOf(platform, 3))?.text).toMatch(/has used or reserved .* 2026-12-01 \(UTC\)/);
    await platform.endAll(0);
    await platform.deliverPokes();
    expect(await platform.job(3)).toMatchObject({ state: 'covered' });
  });

  it('that is strict counts the growing cost of a machine that EC2 does not end, before anything else starts', async () => {
    const platform = await givenCapped({ day: longest * 2, strict: true });
    platform.stores.world.editTenant(acme, { caps: { month: longest * 2, strict: true } });
    await platform.accept(queued(1));
    const machine = platform.liveMachines()[0]!;
    await platform.claim(machine);
    await platform.confirm(machine);
    await platform.follow(givenEvent({ action: 'in_progress', jobId: JobId(1), runnerName: machine }));
    platform.clock.advance((600 + 120 + 21_600) * 1000);
    const counts = new Set<number>();
    for (let minute = 0; minute < 5 * 60; minute += 1) {
      platform.compute.dials.failCalls = 99;
      await platform.sweep().catch(() => {});
      const age = (platform.clock.now() - noon) / 3_600_000;
      const counted = await platform.spent();
      expect(counted).toBeGreaterThanOrEqual(Math.min(hourly * age, longest));
      if (minute > 5) expect(counted).toBeGreaterThan(hourly * (age + 1 / 60));
      expect(counted).toBeLessThan(hourly * (age + 0.5));
      counts.add(counted);
      platform.clock.advance(60_000);
    }
    // A write each quarter of an hour.
    expect(counts.size).toBeLessThanOrEqual(5 * 4 + 2);
    platform.compute.dials.failCalls = 0;
    await platform.accept(queued(2));
    expect(await reasonOf(platform, 2)).toMatchObject({ code: 'spend-cap' });
    await platform.sweep();
    expect(await platform.spent(today)).toBe(platform.recorded());
    await platform.accept({ kind: 'poke', installationId: acme, tier: small });
    expect(platform.recorded()).toBeGreaterThan(longest);
    expect(await reasonOf(platform, 2)).toMatchObject({ code: 'spend-cap' });
  });

  it('that becomes strict keeps room for the longest life of machines that were expected to be short', async () => {
    const lives = new Map([[small, [0, 900, ...new Array(rangesOfLives - 2).fill(0)]]]);
    const platform = await givenCapped({});
    platform.stores.world.editTenant(acme, { lives });
    await platform.accept(...queuedTo(2));
    platform.stores.world.editTenant(acme, { caps: { month: longest * 3 - 1, strict: true } });
    await platform.accept(queued(3));
    expect(await reasonOf(platform, 3)).toMatchObject({ code: 'spend-cap' });
    await platform.endAll(100);
    await platform.deliverPokes();
    expect(await platform.job(3)).toMatchObject({ state: 'covered' });
  });

  it('of a day leaves room again on the next day, while the month continues', async () => {
    const platform = await givenCapped({ day: longest });
    await platform.accept(...queuedTo(2));
    expect(await reasonOf(platform, 2)).toMatchObject({
      code: 'spend-cap',
      text: expect.stringContaining('2026-11-22'),
    });
    await platform.endAll(12 * 3_600);
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
    expect(await platform.spent('2026-11-22')).toBe(longest);
  });

  it('settles yesterday’s machine in yesterday’s count', async () => {
    const platform = await givenCapped({ day: longest });
    await platform.accept(queued(1));
    platform.clock.advance(13 * 3_600_000);
    await platform.endAll(0);
    expect(await platform.spent(today)).toBe(platform.recorded());
    expect(await platform.spent('2026-11-22')).toBe(0);
    expect(await platform.spent()).toBe(platform.recorded());
  });

  it('that is raised applies to the next look, and to a launch that was planned before', async () => {
    const platform = await givenCapped({ month: longest });
    await platform.accept(...queuedTo(2));
    platform.stores.world.editTenant(acme, { caps: { month: longest * 2 } });
    await platform.accept({ kind: 'poke', installationId: acme, tier: small });
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
  });

  it('lets running machines continue if it is lowered', async () => {
    const platform = await givenCapped({ month: longest * 2 });
    await platform.accept(queued(1));
    platform.stores.world.editTenant(acme, { caps: { month: 1 } });
    await platform.accept(queued(2));
    expect(platform.liveMachines()).toHaveLength(1);
    expect((await reasonOf(platform, 2))?.text).toMatch(/the job starts when the operator raises spend_cap/);
  });

  it('that cannot be read holds the jobs and shows its value, and loses none', async () => {
    const platform = await givenCapped({ unreadable: 'spend_cap is {"S":"500 USD"}; it must be a number.' });
    await platform.accept(queued(1));
    expect(await reasonOf(platform, 1)).toMatchObject({
      code: 'spend-cap',
      text: expect.stringContaining('500 USD'),
    });
    platform.stores.world.editTenant(acme, { caps: { month: longest } });
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('holds jobs without a price, since it could not be enforced', async () => {
    const platform = await givenCapped({ month: longest * 9 }, { types: ['t3.medium', 'x9.large'] });
    await platform.accept(queued(1));
    expect((await reasonOf(platform, 1))?.text).toContain('no price for x9.large of the tier small');
  });

  it('refuses, if so configured, once nothing runs that may cost less', async () => {
    const platform = await givenCapped({ month: longest + 20_000 }, { overSpend: 'refuse' });
    await platform.accept(...queuedTo(2));
    expect(await platform.job(2)).toMatchObject({ state: 'waiting', reason: { code: 'spend-cap' } });
    await platform.endAll(3_600);
    await platform.deliverPokes();
    expect(await platform.job(2)).toMatchObject({
      state: 'done',
      outcome: 'refused',
      reason: { code: 'spend-cap' },
    });
  });

  it('is not reset by installing the App again', async () => {
    const platform = await givenCapped({ month: longest });
    await platform.accept(queued(1));
    platform.stores.world.editTenant(acme, { status: 'deleted', statusBeforeDeletion: 'active' });
    await platform.endAll(3_600);
    const again = InstallationId(acme + 1);
    const account = { accountId: 1, accountLogin: 'acme', accountType: 'Organization' } as const;
    platform.github.putInstallation(again, { ...account, suspended: false, repositories: ['app'] });
    platform.queues.installations.push({
      ...{ kind: 'installation', event: 'created', installationId: again },
      ...{ repositoriesRemoved: [], delivery: 'd-2' },
    });
    await platform.deliverInstallations();
    await platform.accept({ ...queued(5), installationId: again });
    expect(await platform.job(5, again)).toMatchObject({ state: 'waiting', reason: { code: 'spend-cap' } });
    const tenant = await platform.stores.tenants.get(again);
    expect(tenant).toMatchObject({ caps: { month: longest } });
    expect(tenant?.carried?.get(month)).toBe(platform.recorded());
  });
});

describe('what is spent', () => {
  it('is counted even without a cap, so that a later cap knows the month', async () => {
    const platform = await givenCapped({});
    await platform.accept(queued(1));
    expect(await platform.spent(today)).toBe(longest);
    await platform.endAll(300);
    expect(await platform.spent(today)).toBe(platform.recorded());
  });

  it('is nothing for a launch whose machine never started', async () => {
    const platform = await givenCapped({ month: longest * 5 });
    platform.compute.dials.pools.set('t3.medium:on-demand', 0);
    await platform.accept(queued(1));
    expect(await platform.spent()).toBe(0);
  });

  it('follows the first record of an end if its writer died before the lease was freed', async () => {
    const platform = await givenCapped({ month: longest * 5 });
    await platform.accept(queued(1));
    const [machine] = platform.liveMachines();
    platform.clock.advance(300_000);
    const died = new OperationalError('It died.', { code: 'Died', retryable: true });
    platform.stores.world.failNext('runners.end', died);
    await platform.machineEnds(machine!).catch(() => {});
    expect(await platform.spent()).toBe(longest);
    platform.clock.advance(3_000_000);
    await platform.machineEnds(machine!);
    expect(await platform.spent()).toBe(platform.recorded());
    await platform.machineEnds(machine!);
    expect(await platform.spent()).toBe(platform.recorded());
  });

  it('is estimated from the tenant’s own times, once ten of its machines have ended', async () => {
    const platform = await givenCapped({});
    await platform.accept(...queuedTo(10));
    await platform.endAll(100);
    const lives = (await platform.stores.tenants.get(acme))?.lives?.get(small);
    expect(lives).toEqual([0, 10, ...new Array(rangesOfLives - 2).fill(0)]);
    const before = await platform.spent();
    await platform.accept(queued(20));
    expect((await platform.spent()) - before).toBe(Math.ceil((hourly * 120) / 3600) + 4);
  });

  it('is settled with everything else', async () => {
    const platform = await givenCapped({ month: longest * 5 });
    await platform.accept(...queuedTo(3));
    await platform.endAll(300);
    expect(await platform.spent()).toBe(platform.recorded());
    await expectNothingLeft(platform);
  });
});

describe('a cap that machines of this tier cannot fill', () => {
  const large = givenTier({ name: TierName('large'), instanceTypes: ['t3.xlarge'], maxRunners: 50 });
  const deployment = { ...givenDeployment(), tiers: [givenTier({ maxRunners: 50 }), large] };
  const asReadUnder = (month: number) => {
    const tenant = givenTenant({ maxRunners: 10, caps: { month } });
    return spendRoom(deployment, { tenant, tier: deployment.tiers[0]!, now: noon })?.asRead;
  };

  it('is still counted as it was read, if another copy may start more expensive ones at the same moment', () => {
    expect(asReadUnder(longest * 11)).toBe(true);
    expect(asReadUnder(longest * 110)).toBe(false);
  });
});

describe('a cap with a machine that EC2 does not end', () => {
  const lives = new Map([[small, [1_000, ...new Array(rangesOfLives - 1).fill(0)]]]);
  const machines = (count: number) => ({
    ...{ leases: count, tierLeases: new Map([[small, count]]) },
    since: new Map([[today, new Map([[small, count * Math.floor(noon / 1000)]])]]),
  });
  const roomOf = (
    caps: SpendCaps,
    { held, ended = 0, overrun = 0 }: { held: number[]; ended?: number; overrun?: number },
  ) => {
    const expected = held.reduce((sum, one) => sum + one, 0);
    const { since, ...leases } = machines(held.length);
    const days = { expected: new Map([[today, expected]]), since };
    const tenant = givenTenant({
      ...{ maxRunners: 50, caps, lives, ...leases },
      spent: new Map([[month, ended + expected]]),
      held: overrun === 0 ? days : { ...days, overrun: new Map([[today, overrun]]) },
    });
    return spendRoom(givenDeployment(), { tenant, tier: givenTier({ maxRunners: 50 }), now: noon })!;
  };
  const usual = Math.ceil((hourly * 60) / 3600) + 4;

  it('has no more room than if its overrun had been spent by ended machines', () => {
    const caps = { month: longest * 5 };
    const undying = roomOf(caps, { held: [longest * 3, usual], overrun: longest * 2 });
    const ended = roomOf(caps, { held: [longest, usual], ended: longest * 2 });
    expect(ended.machines).toBeLessThan(50 - 2);
    expect(undying.machines).toBe(ended.machines);
  });

  it('that is strict keeps room for the longest life of a lease that was taken before, whatever the overrun', () => {
    const caps = { month: longest * 5 - 1, strict: true };
    expect(roomOf(caps, { held: [longest * 3, usual], overrun: longest * 2 }).machines).toBe(0);
    const enough = { ...caps, month: longest * 5 + 10 };
    expect(roomOf(enough, { held: [longest * 3, usual], overrun: longest * 2 }).machines).toBe(1);
  });

  it('that is strict lets exactly as many start as fit, even by concurrent copies, once no older lease is held', () => {
    const caps = { month: longest * 5, strict: true };
    const room = roomOf(caps, { held: [longest * 3, longest], overrun: longest * 2 });
    expect(room).toMatchObject({ machines: 1, asRead: false });
  });

  it('that is strict keeps that room also for leases of which only some are known to be so old', () => {
    const { leases, tierLeases } = machines(2);
    const tenant = givenTenant({
      ...{ maxRunners: 50, caps: { month: longest * 3 - 1, strict: true }, leases, tierLeases },
      spent: new Map([[month, longest + usual]]),
      held: { expected: new Map([[today, longest + usual]]), since: machines(1).since },
    });
    const look = { tenant, tier: givenTier({ maxRunners: 50 }), now: noon };
    expect(spendRoom(givenDeployment(), look)?.machines).toBe(0);
  });

  it('that is strict for a day reserves nothing of another day for this day’s leases', () => {
    const yesterday = '2026-11-20';
    const { leases, tierLeases } = machines(2);
    const tenant = givenTenant({
      ...{ maxRunners: 50, caps: { day: longest * 2 - 1, strict: true }, leases, tierLeases },
      spent: new Map([[today, usual]]),
      held: {
        expected: new Map([
          [yesterday, longest * 2],
          [today, usual],
        ]),
        since: new Map([
          [yesterday, new Map([[small, Math.floor(noon / 1000) - 86_400]])],
          [today, new Map([[small, Math.floor(noon / 1000)]])],
        ]),
      },
    });
    const look = { tenant, tier: givenTier({ maxRunners: 50 }), now: noon };
    expect(spendRoom(givenDeployment(), look)?.machines).toBe(0);
  });
});
