/** What the queue gate decides about new jobs before they have rows, and how many of them are asked about at once. */
import { describe, expect, it } from '@jest/globals';
import { isLineHeld, judgeNewJobs } from '../../lib/app/scale-up/judge-new-jobs.ts';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { type ReasonCode, reason } from '../../lib/core/reason.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenController, givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenJob, givenTenant, givenTier, noon, small } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const asksAll = (over: Partial<Controller> = {}) =>
  givenController({ state: 'enabled', scopes: [givenScope({ kind: 'installation' })], ...over });
const rejectsFirst = givenRules({ id: 'ctl_2' }, 'job.id == 1');
const tier = givenTier({ maxRunners: 10 });
const job = (n: number, over: Partial<Job> = {}) =>
  givenJob({ jobId: JobId(n), queuedAt: noon + n, repositoryId: 7, reason: reason('queued', ''), ...over });
const row = (n: number, code: ReasonCode = 'queued') => job(n, { reason: reason(code, '') });
const idsOf = (jobs: readonly Job[]) => jobs.map(({ jobId }) => jobId);

async function given(maxRunners: number, ...controllers: Controller[]) {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners })] });
  await putControllers(platform.controllers, ...controllers);
  let calls = 0;
  const judge = async (jobs: readonly Job[], waiting: readonly Job[] = []) => {
    const tenant = (await platform.tenants.get(acme))!;
    const judged = await judgeNewJobs(
      platform,
      { tenant, tier, group: { lookedAt: 0 }, waiting, jobs },
      () => {
        calls += 1;
      },
    );
    return {
      open: idsOf(judged.jobs),
      waiting: idsOf(judged.waiting),
      written: [...judged.outcomes.keys()],
    };
  };
  return { platform, judge, othersGoOn: () => calls };
}

describe('judging new jobs', () => {
  it('asks about as many as the tenant has room for', async () => {
    const { judge } = await given(3, asksAll());
    expect(await judge([1, 2, 3, 4].map((n) => job(n)))).toMatchObject({ open: [4], written: [1, 2, 3] });
  });

  it('counts the jobs that wait already, each once, though the message of one is redelivered', async () => {
    const { judge } = await given(3, asksAll());
    const waiting = [row(1, 'admission-pending'), row(2, 'admission-pending')];
    expect(await judge([job(2), job(3), job(4)], waiting)).toEqual({
      open: [4],
      waiting: [1],
      written: [2, 3],
    });
  });

  it('keeps no place for a job that a rule rejects', async () => {
    const { judge } = await given(1, asksAll(), rejectsFirst);
    expect(await judge([job(1), job(2), job(3)])).toMatchObject({ open: [3], written: [1, 2] });
  });

  it('leaves the jobs that wait already to the balance', async () => {
    const { judge } = await given(5, givenRules({}, 'false'));
    expect(await judge([job(2)], [row(1)])).toEqual({ open: [2], waiting: [1], written: [] });
  });

  it('reports what it refuses', async () => {
    const { platform, judge } = await given(5, rejectsFirst);
    await judge([job(1)]);
    const fields = { installationId: acme, jobId: 1, tier: small, reason: 'controller-rejected' };
    expect(platform.telemetry.events).toContainEqual({ level: 'info', name: 'job-refused', fields });
  });

  it('refuses no job while something else holds all jobs of the tenant', async () => {
    const { platform } = await given(5, rejectsFirst);
    const attention = {
      code: 'permission-missing',
      text: 'Accept them.',
      since: '2026-11-21T11:00:00Z',
      probeAt: noon,
    } as const;
    await platform.tenants.callAttention(acme, attention);
    await platform.accept(givenEvent());
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'permission-missing' } });
  });

  it('keeps others waiting for a policy only if it must be read', async () => {
    const { judge, othersGoOn } = await given(5, givenRules({}, 'false'));
    await judge([job(1)]);
    expect(othersGoOn()).toBe(1);
    await judge([job(2)]);
    expect(othersGoOn()).toBe(1);
  });

  it('writes nothing under a policy that has changed meanwhile', async () => {
    const { platform, judge } = await given(5, rejectsFirst);
    const { world } = platform.stores;
    let reads = 0;
    world.beforeCall = async (call) => {
      if (call !== 'tenants.get' || ++reads < 2) return;
      world.beforeCall = undefined;
      await putControllers(platform.controllers, givenRules({}, 'false'));
    };
    expect(await judge([job(1), job(2)])).toMatchObject({ open: [1, 2], written: [] });
    expect(await platform.job(1)).toBeUndefined();
  });

  it('returns a job undecided if its decision cannot be recorded', async () => {
    const { platform, judge } = await given(5, rejectsFirst);
    platform.controllers.recordDecisions = async () => {
      throw new OperationalError('Gone.', { code: 'ServiceUnavailable', retryable: true });
    };
    expect(await judge([job(1), job(2)])).toMatchObject({ open: [2, 1], written: [] });
    expect(await platform.job(1)).toBeUndefined();
  });
});

describe('a line', () => {
  const tenant = givenTenant({ admissionEpoch: 1 });
  it.each([
    ['is held by a job that a limit keeps waiting, once its controllers admitted it', 'tenant-limit', true],
    ['is not held by a job that was recorded a moment ago', 'queued', false],
  ] as const)('%s', (_, code, isHeld) => {
    const admission = { policy: '1.-', state: 'admitted', at: noon } as const;
    const waiting = [job(1, { reason: reason(code, ''), admission })];
    expect(isLineHeld({ tenant, waiting })).toBe(isHeld);
  });

  it('is not held by a job that waits for its own controllers', () => {
    expect(isLineHeld({ tenant, waiting: [row(1, 'admission-pending')] })).toBe(false);
  });

  it('is not held by anything if it is empty', () => {
    expect(isLineHeld({ tenant, waiting: [] })).toBe(false);
  });
});
