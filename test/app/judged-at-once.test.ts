/** New jobs of tenants with controllers: rules are judged before a row is written, and each row is written once. */
import { describe, expect, it } from '@jest/globals';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { givenController, givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenJob, givenTenant, noon } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const beta = InstallationId(2);
const web = { repository: 'acme/web', repositoryId: 8 };
const queued = (n: number, over = {}) =>
  givenEvent({ jobId: JobId(n), queuedAt: noon + n, delivery: `d-${n}`, ...over });
const ofBeta = { installationId: beta, repositoryOwnerId: 2, repository: 'beta/app' };
const byPoll = (over: Partial<Controller> = {}) =>
  givenController({
    id: 'ctl_2',
    state: 'enabled',
    scopes: [givenScope({ kind: 'installation' })],
    ...over,
  });
const notWeb = givenRules({}, 'repository.name == "acme/web"');
const answer = async (platform: Platform, n: number, vote: 'admit' | 'reject') => {
  const { questions, clock, queues } = platform;
  const page = { now: clock.now(), limit: 10 };
  const asked = await questions.pendingOf(acme, 'ctl_2', page);
  const question = asked.find(({ jobId }) => jobId === n);
  if (question) await questions.answer(question, { vote }, clock.now());
  queues.admission.push({ kind: 'admission', installationId: acme, jobId: JobId(n) });
};

async function given(...controllers: Controller[]) {
  const other = givenTenant({ installationId: beta, accountId: 2, accountLogin: 'beta' });
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 5 }), other] });
  await putControllers(platform.controllers, ...controllers);
  // The copy has worked before.
  await platform.accept(queued(100, ofBeta));
  const writes: string[] = [];
  const reads = /get|glance|list|read|find|policyOf|platformEpoch|capUse|waiters/i;
  platform.stores.world.beforeCall = (call) => void (reads.test(call) || writes.push(call));
  return { platform, writes };
}

describe('a new job of a tenant with controllers', () => {
  it('is launched immediately if rules admit it, and its row has the decision from the beginning', async () => {
    const { platform, writes } = await given(notWeb);
    await platform.accept(queued(1));
    expect(writes.slice(0, 3).toSorted()).toEqual([
      'controllers.recordDecisions',
      'jobs.insert',
      'launches.take',
    ]);
    expect(writes).not.toContain('jobs.setAdmissions');
    expect(await platform.job(1)).toMatchObject({
      state: 'covered',
      admission: { policy: '1.-', state: 'admitted' },
    });
    await expectBalanced(platform);
  });

  it('is refused with one write of its row if a rule rejects it', async () => {
    const { platform, writes } = await given(notWeb);
    await platform.accept(queued(1, web));
    expect(writes).toEqual(['controllers.recordDecisions', 'jobs.insert']);
    expect(await platform.job(1)).toMatchObject({
      state: 'done',
      outcome: 'refused',
      reason: { code: 'controller-rejected' },
      admission: { state: 'rejected', controllerId: 'ctl_1' },
    });
    expect(platform.telemetry.total('JobsRefused')).toBe(1);
    expect(platform.telemetry.total('JobsAccepted')).toBe(2);
  });

  it('waits with one write of its row if a controller must be asked, and delays no other job', async () => {
    const { platform, writes } = await given(notWeb, byPoll({ match: 'job.id == 2' }));
    await platform.accept(queued(1), queued(2), queued(3, ofBeta));
    expect(writes.filter((call) => call.startsWith('jobs.'))).toEqual(Array(3).fill('jobs.insert'));
    expect((await platform.job(1))?.state).toBe('covered');
    expect((await platform.job(3, beta))?.state).toBe('covered');
    expect(await platform.job(2)).toMatchObject({
      state: 'waiting',
      reason: { code: 'admission-pending' },
      admission: { policy: '1.-', state: 'asked' },
    });
    expect(platform.queues.admission).toEqual([{ kind: 'admission', installationId: acme, jobId: 2 }]);
  });

  it('is not launched while controllers are asked about others of its tenant, unless rules alone admit it', async () => {
    const { platform } = await given(byPoll({ match: 'job.id < 3' }));
    await platform.accept(queued(1));
    await platform.accept(queued(2), queued(3));
    expect((await platform.job(2))?.state).toBe('waiting');
    expect((await platform.job(3))?.state).toBe('covered');
    await platform.deliverAdmission();
    await answer(platform, 2, 'admit');
    await answer(platform, 1, 'reject');
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect((await platform.job(1))?.reason?.code).toBe('controller-rejected');
    expect((await platform.job(2))?.state).toBe('covered');
  });

  it('is asked about near its turn if there is no room for it', async () => {
    const { platform } = await given(byPoll({ match: 'job.id > 5' }));
    await platform.accept(...[1, 2, 3, 4, 5].map((n) => queued(n)));
    await platform.stores.jobs.insert(
      Array.from({ length: 10 }, (_, n) => givenJob({ jobId: JobId(20 + n), queuedAt: noon + n })),
    );
    await platform.accept(queued(50));
    expect(await platform.job(50)).toMatchObject({ state: 'waiting', reason: { code: 'queued' } });
    expect((await platform.job(50))?.admission).toBeUndefined();
  });

  it('that has a row by the time that its own is written is judged by that row', async () => {
    const { platform } = await given(notWeb);
    const { world, jobs } = platform.stores;
    world.beforeCall = async (call) => {
      if (call !== 'jobs.insert') return;
      world.beforeCall = undefined;
      const admission = { policy: '1.-', state: 'asked', at: noon, againAt: noon + 60_000 } as const;
      await jobs.insert([givenJob({ jobId: JobId(1), admission })]);
    };
    await platform.accept(queued(1));
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'admission-pending' } });
    expect(platform.liveMachines()).toHaveLength(1);
    // The other copy counts it; the one that is counted is the other tenant's.
    expect(platform.telemetry.total('JobsAccepted')).toBe(1);
    await expectBalanced(platform);
    expect(await platform.leases()).toBe(0);
  });

  it('has its question sent by the next balance if the message was not sent', async () => {
    const { platform } = await given(byPoll());
    platform.queues.failNext(1);
    const [failed] = await platform.accept(queued(1));
    expect(failed).toBeDefined();
    expect(platform.queues.admission).toEqual([]);
    platform.clock.advance(61_000);
    await platform.accept(queued(1));
    expect(platform.queues.admission).toHaveLength(1);
  });
});
