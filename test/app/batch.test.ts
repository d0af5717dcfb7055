/** What fails of a batch, and what does not: messages, tenants and rows, each for itself. */
import { describe, expect, it } from '@jest/globals';
import { Batch } from '../../lib/app/common/batch.ts';
import { logRefusedJob } from '../../lib/app/common/log-refused-job.ts';
import { noteReturn, returnNote } from '../../lib/app/common/note-return.ts';
import { orFailure } from '../../lib/app/common/or-failure.ts';
import { mayBeBeyondCap, refuseBeyondCap } from '../../lib/app/common/refuse-beyond-cap.ts';
import { tenantByTenant } from '../../lib/app/common/tenant-by-tenant.ts';
import { unreadableErrors } from '../../lib/app/common/unreadable-errors.ts';
import { MalformedMessage } from '../../lib/contract/messages.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { jobKey } from '../fakes/world.ts';
import { acme, givenDeployment, givenJobs, noon, small } from '../support/given.ts';

const throttled = new OperationalError('Slow down.', { code: 'Throttled', retryable: true });
const unreadable = new OperationalError('No tier.', { code: 'UnreadableRow', retryable: false });
const bug = new TypeError('undefined is not a function');

describe('a batch of messages', () => {
  it.each<[string, unknown, string, unknown]>([
    ['an operational failure', throttled, 'Throttled', 'Slow down.'],
    ['a message that is none', new MalformedMessage('Not JSON.'), 'MalformedMessage', 'Not JSON.'],
    ['a bug', bug, 'Bug', bug.stack],
    ['something else', 'thrown text', 'Bug', 'thrown text'],
  ])('fails those of a step that met %s, and logs why', async (_, error, reason, text) => {
    const telemetry = createMemoryTelemetry();
    const batch = new Batch(telemetry);
    const failing = await batch.attempt(['a', 'b'], async () => Promise.reject(error));
    expect([failing, await batch.attempt(['c'], async () => 7)]).toEqual([undefined, 7]);
    batch.attemptNow('d', () => undefined);
    batch.attemptNow('b', () => {
      throw error;
    });
    expect(batch.failed()).toEqual(['a', 'b']);
    expect(telemetry.events[0]).toEqual({
      ...{ level: 'error', name: 'message-failed' },
      fields: { messages: ['a', 'b'], reason, error: text },
    });
    expect(telemetry.total('MessagesFailed')).toBe(3);
  });

  it('logs the messages that it gives up, and nothing if there are none', () => {
    const telemetry = createMemoryTelemetry();
    const batch = new Batch(telemetry);
    batch.giveUp([], bug);
    expect(telemetry.events).toEqual([]);
    batch.giveUp(['a'], bug);
    expect(telemetry.total('MessagesFailed')).toBe(1);
    expect(batch.failed()).toEqual([]);
  });
});

it('returns an operational failure, and throws a bug', async () => {
  expect(await orFailure(Promise.resolve(7))).toBe(7);
  expect(await orFailure(Promise.reject(throttled))).toBe(throttled);
  await expect(orFailure(Promise.reject(bug))).rejects.toBe(bug);
});

describe('a step for several tenants', () => {
  const [one, two] = [InstallationId(1), InstallationId(2)];
  /** Fails with this wherever one of these tenants is part of it. @returns what was tried, too */
  async function tried(tenants: readonly InstallationId[], error: unknown, ...unreadable: InstallationId[]) {
    const steps: (readonly InstallationId[])[] = [];
    const failed = tenantByTenant(
      tenants,
      (tenant) => tenant,
      async (some) => {
        steps.push(some);
        if (some.some((tenant) => unreadable.includes(tenant))) throw error;
      },
    );
    return { steps, failed: [...(await failed)] };
  }

  it('is one call if nothing fails', async () => {
    expect(await tried([one, two, one], unreadable)).toEqual({ steps: [[one, two, one]], failed: [] });
  });

  it.each([
    { case: 'fails permanently', error: unreadable },
    { case: 'sets off a bug', error: bug },
  ])('is one call for each tenant if one of them $case', async ({ error }) => {
    expect(await tried([one, two, one], error, two)).toEqual({
      steps: [[one, two, one], [one, one], [two]],
      failed: [[two, error]],
    });
  });

  it('is not repeated for a single tenant', async () => {
    expect(await tried([one, one], unreadable, one)).toEqual({
      steps: [[one, one]],
      failed: [[one, unreadable]],
    });
  });

  it('throws temporary failures', async () => {
    await expect(tried([one, two], throttled, two)).rejects.toBe(throttled);
  });
});

describe('rows that cannot be read', () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ key: `${n}`, installationId: acme, error: unreadable }));

  it('are named once each, ten of them at the most', () => {
    expect(unreadableErrors([...rows(10), ...rows(10)])).toEqual(rows(10).map(({ error }) => error));
    const many = unreadableErrors(rows(13));
    expect(many).toHaveLength(11);
    expect(many[10]).toMatchObject({
      ...{ message: '3 more rows cannot be read.', code: 'UnreadableRow', retryable: false },
    });
  });
});

it('a refused job is logged, and counted', () => {
  const telemetry = createMemoryTelemetry();
  logRefusedJob({ telemetry }, { installationId: acme, jobId: JobId(1), tier: small, reason: 'waiting-cap' });
  expect(telemetry.events).toMatchObject([{ level: 'info', name: 'job-refused', fields: { jobId: 1 } }]);
  expect(telemetry.total('JobsRefused')).toBe(1);
});

it("a tenant's return is noted for an hour", async () => {
  const notes = createMemoryNotes();
  await noteReturn({ notes, clock: createMemoryClock(noon) }, acme);
  expect(notes.all.get(returnNote(acme))).toMatchObject({
    ...{ value: { at: noon }, expiresAt: noon + 3_600_000 },
  });
  expect(returnNote(acme)).toBe('returned/101');
});

describe("jobs beyond a tenant's cap", () => {
  const deploymentWith = (waitingJobsPerTenant: number) =>
    givenDeployment({ caps: { waitingJobsPerTenant, launchesPerMinutePerTenant: 60 } });

  it('are refused, newest first, and each is logged', async () => {
    const { world, jobs } = createMemoryStores();
    for (const job of givenJobs(4)) world.rows.jobs.set(jobKey(acme, job.jobId), job);
    const telemetry = createMemoryTelemetry();
    const refuseWaiting: typeof jobs.refuseWaiting = async (id, jobId, end) =>
      // Job 3 got a machine in this moment.
      jobId === 3 ? false : jobs.refuseWaiting(id, jobId, end);
    const deps = { deployment: deploymentWith(2), clock: createMemoryClock(noon), telemetry };
    await refuseBeyondCap({ ...deps, jobs: { ...jobs, refuseWaiting } }, acme);
    const refused = [...world.rows.jobs.values()].filter(({ state }) => state === 'done');
    expect(refused).toMatchObject([{ jobId: 4, outcome: 'refused', reason: { code: 'waiting-cap' } }]);
    expect(telemetry.events.map(({ fields }) => fields)).toEqual([
      { installationId: acme, jobId: 4, tier: small, reason: 'waiting-cap' },
    ]);
  });

  it.each([
    [3, 3, false],
    [3, 4, true],
    [99, 9, false],
    [99, 10, true],
    [100, 100, false],
    [1_000, 100, false],
  ])('with a cap of %i and %i found: %j', (cap, waiting, answer) => {
    expect(mayBeBeyondCap({ deployment: deploymentWith(cap) }, waiting)).toBe(answer);
  });
});
