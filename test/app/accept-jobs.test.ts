import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenEvent, givenJob, givenTenant, givenTier, medium, noon, small } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), ...over });
const other = InstallationId(202);
const roomy = { tiers: [givenTier({ maxRunners: 20 })] };
const throttled = {
  class: 'throttled',
  code: 'RequestLimitExceeded',
  message: 'Request limit exceeded.',
} as const;

describe('accepting jobs', () => {
  it('launches tagged machines for as many jobs as the limit allows, oldest first, in one call', async () => {
    const platform = await givenPlatform();
    expect(await platform.accept(queued(1), queued(2), queued(3))).toEqual([]);
    expect(platform.compute.requests).toHaveLength(1);
    const template = platform.compute.requests[0]!.LaunchTemplateConfigs[0]?.LaunchTemplateSpecification;
    expect(template).toMatchObject({ LaunchTemplateName: 'test-small' });
    expect(platform.stores.world.allLaunches()).toMatchObject([{ callUntil: noon + 30_000 }]);
    expect(platform.liveMachines()).toHaveLength(2);
    expect(await platform.job(3)).toMatchObject({ state: 'waiting', reason: { code: 'tenant-limit' } });
    await expectBalanced(platform);
  });

  it('launches the jobs that each of several concurrent copies received', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 9 })], deployment: roomy });
    await Promise.all([1, 2, 3].map((id) => platform.accept(queued(id), queued(id + 10))));
    expect(platform.liveMachines()).toHaveLength(6);
    expect(platform.compute.requests).toHaveLength(3);
    await expectBalanced(platform);
  });

  it('launches once for the same job twice in one batch, and again later', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1), queued(1));
    await platform.accept(queued(1));
    expect(platform.liveMachines()).toHaveLength(1);
    await expectBalanced(platform);
  });

  it('counts new jobs by tenant and tier, with the time since each was received, and known ones never again', async () => {
    const platform = await givenPlatform();
    const at = (milliseconds: number) => ({ receivedAt: platform.clock.now() + milliseconds });
    const { receivedAt: _, ...unheard } = queued(3);
    await platform.accept(queued(1, at(-700)), queued(2, at(0)), unheard, queued(4, at(1)));
    await platform.accept(queued(5, { tier: medium, ...at(-30) }));
    await platform.accept(queued(1, at(-900)));
    const counted = (metric: string) =>
      platform.telemetry.counts
        .filter((count) => count.metric === metric)
        .map(({ dimensions, values }) => [dimensions['tier'], values.toSorted((one, two) => one - two)]);
    expect(counted('ReceivedToAcceptedMilliseconds')).toEqual([
      ['small', [0, 700]],
      ['medium', [30]],
    ]);
    expect(platform.telemetry.total('JobsAccepted', { tier: small })).toBe(4);
    expect(platform.telemetry.total('JobsAccepted', { tier: medium })).toBe(1);
  });

  it('records a job of a removed tier, and launches no machine', async () => {
    const platform = await givenPlatform({ deployment: { tiers: [givenTier({ name: medium })] } });
    const poke = { kind: 'poke', installationId: acme, tier: small };
    expect(await platform.accept(queued(1), poke)).toEqual([]);
    expect(await platform.accept(queued(2))).toEqual([]);
    expect((await platform.job(2))?.state).toBe('waiting');
    expect(platform.compute.requests).toEqual([]);
  });

  it('fails only the malformed message', async () => {
    const platform = await givenPlatform();
    expect(await platform.accept(queued(1), 'nonsense', queued(2))).toEqual(['m-2']);
    expect(platform.liveMachines()).toHaveLength(2);
  });

  it('fails messages that belong to another queue, and handles the others', async () => {
    const platform = await givenPlatform();
    const { tier: _, ...tierless } = queued(2);
    const drain = { kind: 'drain-tenant', installationId: acme };
    const started = queued(3, { action: 'in_progress', runnerName: 'laptop' });
    expect(await platform.accept(drain, tierless, started, queued(4))).toEqual(['m-1', 'm-2', 'm-3']);
    expect(platform.stores.world.allJobs()).toMatchObject([{ jobId: 4, state: 'covered' }]);
  });

  it('fails messages that cannot be recorded: one job that fits no row, or all while the table is down', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    const unfit = queued(2, { repository: 'acme/\ud800' });
    expect(await platform.accept(queued(1), unfit, queued(3))).toEqual(['m-2']);
    const down = new OperationalError('down', { code: 'InternalServerError', retryable: true });
    platform.stores.world.failNext('jobs.insert', down);
    expect(await platform.accept(queued(4), queued(5))).toEqual(['m-4', 'm-5']);
    expect(platform.stores.world.allJobs().map(({ jobId }) => Number(jobId))).toEqual([1, 3]);
  });

  it('retries jobs ten seconds later if their tenant’s launch rate is used up', async () => {
    const caps = { waitingJobsPerTenant: 1000, launchesPerMinutePerTenant: 2 };
    const platform = await givenPlatform({ deployment: { caps } });
    await platform.accept(queued(1), queued(2));
    for (const { instanceId, plannedJob } of platform.stores.world.allRunners())
      await platform.follow(
        queued(plannedJob, { action: 'completed', runnerName: instanceId, conclusion: 'success' }),
      );
    platform.queues.tiers.splice(0);
    platform.clock.advance(30_000);
    await platform.accept(queued(3), queued(4));
    expect(platform.liveMachines()).toHaveLength(1);
    const message = { kind: 'poke', installationId: acme, tier: small };
    expect(platform.queues.tiers).toEqual([{ tier: small, message, group: acme, delaySeconds: 10 }]);
    expect(await platform.job(4)).toMatchObject({ state: 'waiting', reason: { code: 'launch-rate' } });
  });

  it('asks GitHub about a held job if `queued` is newer than the hold, and not if it is older', async () => {
    const platform = await givenPlatform();
    await platform.follow(queued(1, { action: 'waiting' }));
    const { unsettledAt = 0 } = (await platform.job(1))!;
    const heardAt = unsettledAt + 1;
    await platform.accept(queued(1, { receivedAt: unsettledAt }));
    expect(platform.queues.installations).toEqual([]);
    await platform.accept(queued(1, { receivedAt: heardAt, repositoryId: 7 }));
    await platform.accept(queued(1, { receivedAt: heardAt }));
    const look = { kind: 'look-at-job', installationId: acme, jobId: 1, repository: 'acme/app', heardAt };
    expect(platform.queues.installations).toEqual([{ ...look, repositoryId: 7 }, look]);
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
  });

  it('serves the first of two tenants when EC2 throttles the second, which is retried', async () => {
    const platform = await givenPlatform({
      tenants: [givenTenant(), givenTenant({ installationId: other, accountLogin: 'other', accountId: 2 })],
    });
    await platform.accept(queued(1));
    platform.compute.dials.refuseNext.push(throttled);
    const failed = await platform.accept(queued(9, { installationId: other, repositoryOwnerId: 2 }));
    expect(failed).toEqual([]);
    expect(await platform.job(9, other)).toMatchObject({ state: 'waiting', reason: { code: 'throttled' } });
    expect(await platform.leases(other)).toBe(0);
    platform.clock.advance(5_000);
    await platform.deliverPokes();
    expect(await platform.job(9, other)).toMatchObject({ state: 'covered' });
    await expectBalanced(platform, other);
  });

  it('records a job while another tenant’s jobs are still being balanced', async () => {
    const ofOther = { installationId: other, repositoryOwnerId: 2 };
    const full = givenTenant({ installationId: other, accountLogin: 'other', accountId: 2, maxRunners: 1 });
    const platform = await givenPlatform({ tenants: [givenTenant(), full] });
    await platform.accept(queued(8, ofOther));
    const { jobs } = platform.stores;
    const [looked, recorded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const glanceAtWaiting = jobs.glanceAtWaiting.bind(jobs);
    jobs.glanceAtWaiting = async (tenant, ...how) => {
      if (tenant === acme) await looked.promise;
      return glanceAtWaiting(tenant, ...how);
    };
    const insert = jobs.insert.bind(jobs);
    jobs.insert = async (rows) => {
      const outcomes = await insert(rows);
      if (rows.some(({ installationId }) => installationId === other)) recorded.resolve();
      return outcomes;
    };

    const accepted = platform.accept(queued(1), queued(9, ofOther));
    await recorded.promise;

    expect(await platform.job(9, other)).toMatchObject({ state: 'waiting' });
    expect(await platform.job(1)).toBeUndefined();
    looked.resolve();
    expect(await accepted).toEqual([]);
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('runs what started when EC2 gives 2 of 5, and tries the rest again', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 5 })], deployment: roomy });
    platform.compute.dials.pools.set('t3.medium:on-demand', 2);
    await platform.accept(...[1, 2, 3, 4, 5].map((id) => queued(id)));
    expect(platform.liveMachines()).toHaveLength(2);
    expect(await platform.job(5)).toMatchObject({ state: 'waiting', reason: { code: 'capacity' } });
    await expectBalanced(platform);
    platform.compute.dials.pools.set('t3.medium:on-demand', 100);
    platform.clock.advance(181_000);
    await platform.deliverPokes();
    expect(platform.liveMachines()).toHaveLength(5);
    await expectBalanced(platform);
  });

  it('keeps leases and jobs unchanged while it is unclear whether machines were started', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(queued(1));
    await platform.accept(queued(1));
    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.leases()).toBe(1);
    platform.clock.advance(61_000);
    await platform.sweep();
    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'run' });
  });

  it('waits for a tenant that is not provisioned yet, and starts once it is', async () => {
    const platform = await givenPlatform({ tenants: [] });
    expect(await platform.accept(queued(1))).toEqual([]);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'tenant-unknown' } });
    await platform.stores.tenants.create(givenTenant());
    await platform.accept({ kind: 'poke', installationId: acme, tier: small });
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('has GitHub asked about an installation without a tenant, once a minute, when a job has waited for one', async () => {
    const platform = await givenPlatform({ tenants: [] });
    const poke = { kind: 'poke', installationId: acme, tier: small };
    await platform.accept(queued(1));
    platform.clock.advance(59_000);
    await platform.accept(queued(2));
    expect(platform.queues.installations).toEqual([]);
    platform.clock.advance(1_000);
    await platform.accept(poke);
    await platform.accept(poke);
    const about = { kind: 'installation', event: 'jobs.wait', installationId: acme, repositoriesRemoved: [] };
    expect(platform.queues.installations).toMatchObject([about]);
    platform.clock.advance(60_000);
    await platform.accept(poke);
    expect(platform.queues.installations).toMatchObject([about, about]);
  });

  it.each(['suspended', 'deleted'] as const)(
    'refuses the job of a %s tenant, with a reason',
    async (status) => {
      const platform = await givenPlatform({ tenants: [givenTenant({ status })] });
      expect(await platform.accept(queued(1))).toEqual([]);
      expect(await platform.job(1)).toMatchObject({
        state: 'done',
        outcome: 'refused',
        reason: { code: `tenant-${status}` },
      });
      expect(platform.liveMachines()).toEqual([]);
      expect(platform.telemetry.total('JobsRefused', { reason: `tenant-${status}` })).toBe(1);
    },
  );

  it('applies a raised max_runners to the next job', async () => {
    const platform = await givenPlatform({ deployment: roomy });
    await platform.accept(queued(1), queued(2), queued(3));
    platform.stores.world.setMaxRunners(acme, 4);
    await platform.accept(queued(4));
    expect(platform.liveMachines()).toHaveLength(4);
    await expectBalanced(platform);
  });

  describe('of a tenant with an unreadable row', () => {
    const poke = { kind: 'poke', installationId: acme, tier: small } as const;
    async function givenUnreadable() {
      const platform = await givenPlatform();
      platform.stores.world.beforeCall = async (call) => {
        if (call === 'tenants.get' || call === 'tenants.glance')
          throw new OperationalError('A row is broken.', { code: 'UnreadableRow', retryable: false });
      };
      return platform;
    }

    it('does not redeliver pokes, which the sweep repeats each minute: they do not pile up', async () => {
      const platform = await givenUnreadable();
      await platform.stores.jobs.insert([givenJob()]);
      expect(await platform.accept(poke)).toEqual([]);
      const said = { level: 'error', name: 'message-failed' };
      expect(platform.telemetry.events).toContainEqual(expect.objectContaining(said));
    });

    it('has its jobs redelivered, so that an alarm fires', async () => {
      const platform = await givenUnreadable();
      expect(await platform.accept(queued(1))).toHaveLength(1);
      platform.stores.world.beforeCall = undefined;
      await platform.accept(poke);
      expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    });
  });

  it('starts a reinstalled tenant only when the machines of its old installation are gone', async () => {
    const old = givenTenant({ installationId: other, status: 'deleted' });
    const platform = await givenPlatform({
      tenants: [{ ...old, status: 'active' }, givenTenant({ predecessor: other })],
    });
    await platform.accept(queued(9, { installationId: other }));
    platform.stores.world.editTenant(other, { status: 'deleted' });
    await platform.accept(queued(1));
    expect(await platform.job(1)).toMatchObject({
      state: 'waiting',
      reason: { code: 'predecessor-draining' },
    });
    await platform.follow({ kind: 'drain-tenant', installationId: other });
    await platform.accept({ kind: 'poke', installationId: acme, tier: small });
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('waits for the machines of the first installation of an account that reinstalled twice', async () => {
    const between = InstallationId(203);
    const old = givenTenant({ installationId: other, status: 'active' });
    const platform = await givenPlatform({
      tenants: [
        old,
        givenTenant({ installationId: between, status: 'deleted', predecessor: other }),
        givenTenant({ predecessor: between }),
      ],
    });
    await platform.accept(queued(9, { installationId: other }));
    platform.stores.world.editTenant(other, { status: 'deleted' });
    await platform.accept(queued(1));
    expect(await platform.job(1)).toMatchObject({ reason: { code: 'predecessor-draining' } });
    await platform.follow({ kind: 'drain-tenant', installationId: other });
    await platform.accept({ kind: 'poke', installationId: acme, tier: small });
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });
});
