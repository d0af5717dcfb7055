/** What becomes of a job about which GitHub gave an answer that no event brought: it is closed only if that lasts. */
import { describe, expect, it } from '@jest/globals';
import { doubtJob, runDeadReason, undoubtJob } from '../../lib/app/common/doubt-job.ts';
import { followAnswer } from '../../lib/app/common/follow-answer.ts';
import type { GitHubJob } from '../../lib/core/github.ts';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import type { Runner } from '../../lib/core/runner.ts';
import { givenRunner, lease0 } from '../contracts/support/stored.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { jobKey } from '../fakes/world.ts';
import { givenJob, noon } from '../support/given.ts';

const goneApartSeconds = 480;

const second = 1000;
const machine = InstanceId('i-0123456789abcdef0');
const covered = { state: 'covered', lease: lease0 } as const;
const why = runDeadReason(givenJob(), 'failure');

/** `job` is what the caller read, and the row what it is by now. */
function given(over: Partial<Job> = {}, now: Partial<Job> | null = {}, machines: Partial<Runner>[] = []) {
  const { world, jobs, runners } = createMemoryStores();
  const clock = createMemoryClock(noon);
  const telemetry = createMemoryTelemetry();
  const job = givenJob(over);
  const key = jobKey(job.installationId, job.jobId);
  if (now) world.rows.jobs.set(key, { ...job, ...now });
  for (const one of machines) {
    const runner = givenRunner({ instanceId: machine, ...one });
    world.rows.runners.set(runner.instanceId, runner);
  }
  const deps = { jobs, runners, clock, telemetry };
  const row = () => world.rows.jobs.get(key);
  return { deps, job, world, row, runner: () => world.rows.runners.get(machine) };
}

describe('a job that GitHub denies', () => {
  it.each<[string, Partial<Job>]>([
    ['waits', { replacements: 2 }],
    ['has a machine', { ...covered, replacements: 2 }],
  ])('rests five minutes where it %s, and keeps what was counted', async (_, over) => {
    const { deps, job, row } = given(over);
    expect(await doubtJob(deps, job, { why })).toBe(false);
    expect(row()).toMatchObject({
      ...{ state: 'waiting', reason: why, replacements: 2, goneAt: noon, goneSaidAt: noon },
      retryAt: noon + 300 * second,
    });
  });

  it('pauses for as long as it would have anyway', async () => {
    const retryAt = noon + 2 * 300 * second;
    const { deps, job, row } = given({ retryAt });
    await doubtJob(deps, job, { why });
    expect(row()).toMatchObject({ retryAt });
  });

  it('stays unchanged except for the doubt if GitHub holds it', async () => {
    const { deps, job, row } = given({ state: 'blocked' });
    expect(await doubtJob(deps, job, { why })).toBe(false);
    expect(row()).toEqual({ ...job, goneAt: noon, goneSaidAt: noon });
  });

  it.each<[string, Partial<Job>]>([
    ['waits', {}],
    ['has a machine', covered],
  ])('is closed after eight minutes of doubt where it %s', async (_, over) => {
    const goneAt = noon - goneApartSeconds * second;
    const { deps, job, row } = given({ ...over, goneAt, goneSaidAt: noon - second });
    expect(await doubtJob(deps, job, { why, conclusion: 'failure' })).toBe(true);
    expect(row()).toMatchObject({ state: 'done', outcome: 'cancelled', conclusion: 'failure', reason: why });
  });

  it.each<[string, Partial<Job>]>([
    ['for less than eight minutes', { goneAt: noon - goneApartSeconds * second + 1, goneSaidAt: noon - 1 }],
    ['with a long silence before it', { goneAt: noon - 9_000 * second, goneSaidAt: noon - 420 * second - 1 }],
    ['with a long silence since the first time', { goneAt: noon - 9_000 * second }],
  ])('is not closed where that was said %s', async (_, over) => {
    const { deps, job, row } = given(over);
    expect(await doubtJob(deps, job, { why })).toBe(false);
    expect(row()).toMatchObject({ state: 'waiting', goneSaidAt: noon });
  });

  const denied = { goneAt: noon - goneApartSeconds * second, goneSaidAt: noon - second };
  it.each<[string, Partial<Job>, Partial<Job> | null]>([
    ['got a machine', {}, covered],
    ['was over', covered, { state: 'done', outcome: 'completed' }],
    ['was found, and is denied anew', covered, { goneAt: noon - second }],
    ['is not there', covered, null],
  ])('is not closed here where it meanwhile %s', async (_, over, now) => {
    const { deps, job, row } = given({ ...over, ...denied }, now);
    const before = row();
    expect(await doubtJob(deps, job, { why })).toBe(false);
    expect(row()).toEqual(before);
  });

  it('does not get back a doubt that was cleared meanwhile', async () => {
    const { deps, job, row } = given({ goneAt: noon - second, goneSaidAt: noon - second });
    await undoubtJob(deps, job);
    await doubtJob(deps, job, { why });
    expect(row()).not.toHaveProperty('goneAt');
  });
});

describe('a job that GitHub has after all', () => {
  it('may have a machine immediately', async () => {
    const { deps, job, row } = given({ goneAt: noon, retryAt: noon + second, reason: why });
    await undoubtJob(deps, job);
    expect(row()).toMatchObject({ state: 'waiting', reason: { code: 'queued' } });
    expect(row()).not.toHaveProperty('goneAt');
    expect(row()).not.toHaveProperty('retryAt');
  });

  it('stays unchanged if it was not in doubt', async () => {
    const { deps, job, row } = given({ retryAt: noon + second, reason: why });
    await undoubtJob(deps, job);
    expect(row()).toEqual(job);
  });
});

describe('the answer about a job', () => {
  const found = (status: GitHubJob['status'], runnerName: string | null = null) =>
    ({
      ok: true,
      value: { status, runnerName, conclusion: status === 'completed' ? 'success' : null },
    }) as const;
  const denied = { ok: false, refusal: { kind: 'not-found', message: 'Not Found' } } as const;
  const limited = { ok: false, refusal: { kind: 'limited', retryAfterSeconds: 60 } } as const;
  const repairsOf = ({ deps }: ReturnType<typeof given>) =>
    deps.telemetry.events.filter(({ name }) => name === 'repair').map(({ fields }) => fields['kind']);

  it.each([
    ['nothing', limited],
    ['queued', found('queued')],
  ])('changes nothing if it is %s', async (_, answer) => {
    const world = given();
    expect(await followAnswer(world.deps, world.job, answer)).toBe(true);
    expect(world.row()).toEqual(world.job);
    expect(repairsOf(world)).toEqual([]);
  });

  it.each([
    ['waiting', found('waiting'), {}, { state: 'blocked' }, 'job-found-waiting'],
    [
      'in_progress',
      found('in_progress', machine),
      {},
      { state: 'running', runner: machine },
      'job-found-in_progress',
    ],
    ['completed', found('completed'), {}, { state: 'done', conclusion: 'success' }, 'job-found-completed'],
    ['that it is gone', denied, {}, { state: 'waiting', goneAt: noon }, 'job-gone-doubted'],
    [
      'that it has been gone for long',
      denied,
      { goneAt: noon - goneApartSeconds * second, goneSaidAt: noon - second },
      { state: 'done', reason: { code: 'gone-from-github' } },
      'job-gone-closed',
    ],
  ] as const)('is applied if it is %s, and counted as a repair', async (_, answer, over, after, kind) => {
    const world = given(over);
    expect(await followAnswer(world.deps, world.job, answer)).toBe(false);
    expect(world.row()).toMatchObject(after);
    expect(repairsOf(world)).toEqual([kind]);
    expect(world.deps.telemetry.total('Repairs')).toBe(1);
  });

  it('has the sweep ask about a start without an event, even if this process dies', async () => {
    const { deps, job, world, row } = given();
    world.failNext('jobs.markUnsettled', new Error('died'));
    await followAnswer(deps, job, found('in_progress', machine)).catch(() => undefined);
    expect(row()).toMatchObject({ state: 'running', unsettledAt: noon });
  });

  it('has the sweep ask about a start that an event reported meanwhile', async () => {
    const { deps, job, row } = given({}, { state: 'running', runner: machine, startedAt: noon - second });
    await followAnswer(deps, job, found('in_progress', machine));
    expect(row()).toMatchObject({ state: 'running', unsettledAt: noon });
  });

  it.each<[string, GitHubJob['status'], Partial<Runner>, JobId | undefined]>([
    ['runs this job instead of its own', 'in_progress', { plannedJob: JobId(2) }, JobId(1)],
    ['ran this job instead of its own', 'completed', { plannedJob: JobId(2) }, JobId(1)],
    ['runs the job that it is meant for', 'in_progress', {}, undefined],
    [
      'only has the name',
      'in_progress',
      { installationId: InstallationId(9), plannedJob: JobId(2) },
      undefined,
    ],
  ])('is noted on the machine that %s', async (_, status, over, ran) => {
    const { deps, job, runner } = given({}, {}, [over]);
    await followAnswer(deps, job, found(status, machine));
    expect(runner()?.ran).toBe(ran);
  });
});
