/** The sweep beside tenants with long lines and tenants with trouble: the others are served all the same. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { type ReasonCode, reason } from '../../lib/core/reason.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenEvent, givenJob, givenJobs, givenTenant, medium, noon, small } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

/** Read after acme, whose number is smaller. */
const behind = InstallationId(202);
const tenants = [givenTenant(), givenTenant({ installationId: behind })];
const perSweep = 20 * 500;
const minute = 60_000;
const unavailable = new OperationalError('no', { code: 'InternalServerError', retryable: true });

const blocked = (count: number, over: Partial<Job> = {}): Job[] =>
  Array.from({ length: count }, (_, n) =>
    givenJob({ jobId: JobId(100_000 + n), state: 'blocked', unsettledAt: noon, ...over }),
  );

async function given(jobs: readonly Job[], caps: { waitingJobsPerTenant?: number } = {}): Promise<Platform> {
  const platform = await givenPlatform({
    tenants,
    deployment: { caps: { waitingJobsPerTenant: 1_000_000, launchesPerMinutePerTenant: 60, ...caps } },
  });
  await platform.jobs.insert(jobs);
  return platform;
}
const pokedFor = ({ queues }: Platform) => [...new Set(queues.tiers.splice(0).map(({ group }) => group))];
const asked = (platform: Platform) => platform.telemetry.total('Repairs', { kind: 'unsettled-job-asked' });

describe('the sweep and a line that is longer than it reads', () => {
  it('continues where it stopped, and starts again after the end', async () => {
    const platform = await given([...blocked(perSweep + 1), givenJob({ installationId: behind })]);
    await platform.sweep();
    expect(pokedFor(platform)).toEqual([]);
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
    await platform.sweep();
    expect(pokedFor(platform)).toEqual([behind]);
    await platform.sweep();
    expect(pokedFor(platform)).toEqual([]);
  });

  it('reads the same jobs again if it died before it poked for them', async () => {
    const platform = await given([...blocked(perSweep + 1), givenJob({ installationId: behind })]);
    await platform.sweep();
    const { sendToTier } = platform.queues;
    platform.queues.sendToTier = () => new Promise(() => {});
    void platform.sweep();
    await new Promise((resolve) => setImmediate(resolve));
    platform.queues.sendToTier = sendToTier;
    await platform.sweep();
    expect(pokedFor(platform)).toEqual([behind]);
  });

  it('starts again if its position was lost or no longer exists', async () => {
    const platform = await given([...blocked(perSweep + 1), givenJob({ installationId: behind })]);
    await platform.sweep();
    const unreadable = new OperationalError('ValidationException', {
      code: 'ValidationException',
      retryable: false,
    });
    platform.stores.world.failNext('jobs.scanPendingAcrossTenants', unreadable);
    await expect(platform.sweep()).rejects.toThrow();
    await platform.sweep();
    expect(pokedFor(platform)).toEqual([]);
    await platform.sweep();
    expect(pokedFor(platform)).toEqual([behind]);
  });

  it('continues where it stopped if the next page could not be read in between', async () => {
    const platform = await given([...blocked(perSweep + 1), givenJob({ installationId: behind })]);
    await platform.sweep();
    platform.stores.world.failNext('jobs.scanPendingAcrossTenants', unavailable);
    await expect(platform.sweep()).rejects.toThrow();
    await platform.sweep();
    expect(pokedFor(platform)).toEqual([behind]);
  });

  it('asks GitHub about each job in time, even if it reads each only every other minute', async () => {
    const platform = await given(blocked(perSweep + 1));
    const job = { status: 'waiting', conclusion: null, runnerName: null } as const;
    for (const { repository, jobId } of blocked(perSweep + 1)) platform.github.putJob(repository, jobId, job);
    platform.clock.advance(minute);
    await platform.sweep();
    expect(asked(platform)).toBe(30);
    platform.clock.advance(minute);
    await platform.sweep();
    expect(asked(platform)).toBe(31);
  });
});

describe('a sweep that cannot read or store its position', () => {
  const places = ({ notes }: Platform, call: 'read' | 'write') => {
    const { read, write } = notes;
    notes.read = (names, now) =>
      call === 'read' && names.includes('sweep/pending') ? Promise.reject(unavailable) : read(names, now);
    notes.write = (name, note) =>
      call === 'write' && name === 'sweep/pending' ? Promise.reject(unavailable) : write(name, note);
  };

  it('still pokes for the first jobs, and reports it', async () => {
    const platform = await given([givenJob({ installationId: behind })]);
    places(platform, 'read');
    await expect(platform.sweep()).rejects.toThrow('1 parts of the sweep failed');
    expect(pokedFor(platform)).toEqual([behind]);
  });

  it('reports it if there are more jobs than it read', async () => {
    const platform = await given([]);
    platform.jobs.scanPendingAcrossTenants = async () => ({ jobs: [], cursor: 'further' });
    places(platform, 'write');
    await expect(platform.sweep()).rejects.toThrow('1 parts of the sweep failed');
  });

  it('stores no position while one sweep reads all jobs', async () => {
    const platform = await given([givenJob()]);
    for (let sweeps = 0; sweeps < 2; sweeps += 1) await platform.sweep();
    expect(platform.notes.all.has('sweep/pending')).toBe(false);
  });
});

describe('the sweep and a tenant with failures', () => {
  it('pokes for all tenants before it asks GitHub about any', async () => {
    const platform = await given([...blocked(50), givenJob({ installationId: behind })]);
    platform.github.getJob = () => new Promise(() => {});
    platform.clock.advance(minute);
    void platform.sweep();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pokedFor(platform)).toEqual([behind]);
  });

  it('asks about no more than thirty of its jobs in a minute, first those that ran', async () => {
    const ran = givenJob({ jobId: JobId(1), state: 'running', unsettledAt: noon });
    const platform = await given([...blocked(200), ran]);
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    platform.clock.advance(minute);
    await platform.sweep();
    expect(asked(platform)).toBe(30);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('handles the others if its calls about one fail', async () => {
    const theirs = givenJob({ installationId: behind, jobId: JobId(1), state: 'blocked', unsettledAt: noon });
    const platform = await given([...blocked(40), theirs]);
    const { getJob } = platform.github;
    platform.github.getJob = async (installationId, ...rest) => {
      if (installationId === acme) throw unavailable;
      return getJob(installationId, ...rest);
    };
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    platform.clock.advance(minute);
    await expect(platform.sweep()).rejects.toThrow('1 parts of the sweep failed');
    expect(await platform.job(1, behind)).toMatchObject({ state: 'waiting' });
    expect(pokedFor(platform)).toEqual([behind]);
  });

  it('pokes for the others if one poke fails', async () => {
    const platform = await given([givenJob(), givenJob({ installationId: behind })]);
    platform.queues.failNext(1);
    await expect(platform.sweep()).rejects.toThrow();
    expect(pokedFor(platform)).toEqual([behind]);
  });
});

describe('the most that a tenant may have pending', () => {
  it('refuses the newest of too many that wait for an approval', async () => {
    const jobs = blocked(12).map((job, n) => ({ ...job, unsettledAt: noon + n }));
    const platform = await given(jobs, { waitingJobsPerTenant: 10 });
    await platform.sweep();
    const states = await Promise.all(jobs.map(({ jobId }) => platform.job(jobId)));
    expect(states.map((job) => job?.state)).toEqual([...new Array(10).fill('blocked'), 'done', 'done']);
    expect(states[11]).toMatchObject({ outcome: 'refused', reason: { code: 'blocked-cap' } });
  });

  it('continues its count from one sweep to the next', async () => {
    const platform = await given(blocked(perSweep + 3), { waitingJobsPerTenant: perSweep + 1 });
    await platform.sweep();
    expect(platform.telemetry.total('JobsRefused')).toBe(0);
    await platform.sweep();
    expect(platform.telemetry.total('JobsRefused')).toBe(2);
  });

  it('refuses a hundred of too many in a sweep, and the others in the next one', async () => {
    const platform = await given(givenJobs(250), { waitingJobsPerTenant: 10 });
    const left: number[] = [];
    for (let sweeps = 0; sweeps < 3; sweeps++) {
      await platform.sweep();
      left.push(platform.stores.world.allJobs().filter(({ state }) => state === 'waiting').length);
    }
    expect(left).toEqual([150, 50, 10]);
  });

  it('refuses the newest of too many that wait for a machine', async () => {
    const jobs = Array.from({ length: 12 }, (_, n) => givenJob({ jobId: JobId(n + 1), queuedAt: noon + n }));
    const platform = await given(jobs, { waitingJobsPerTenant: 10 });
    await platform.sweep();
    expect(await platform.job(10)).toMatchObject({ state: 'waiting' });
    expect(await platform.job(11)).toMatchObject({ outcome: 'refused', reason: { code: 'waiting-cap' } });
  });
});

describe('the figures of each minute', () => {
  const waiting = (jobId: number, seconds: number, code: ReasonCode | undefined, over: Partial<Job> = {}) =>
    givenJob({
      ...{ jobId: JobId(jobId), queuedAt: noon + jobId, acceptedAt: noon + seconds * 1000 },
      ...(code ? { reason: reason(code, 'Because.') } : {}),
      ...over,
    });
  const figures = ({ telemetry }: Platform, tier: string) =>
    Object.fromEntries(
      telemetry.counts
        .filter(({ dimensions }) => dimensions['tier'] === tier)
        .map(({ metric, values: [value] }) => [metric, value]),
    );

  it('report for each tier how many jobs wait, for how long, which were not balanced, and the leases', async () => {
    const platform = await given([]);
    await platform.accept(givenEvent({ jobId: JobId(99) }));
    await platform.jobs.insert([
      // Read after the next one, which waits behind it.
      waiting(1, 0, 'runners-lost', { retryAt: noon + 50_000 }),
      waiting(2, 10, 'queued'),
      waiting(3, 20, undefined, { installationId: behind }),
      waiting(4, 30, 'admission-pending', { tier: medium }),
      waiting(5, 40, 'controller-unavailable', { tier: medium }),
      waiting(6, -24 * 3600, 'tenant-limit', { installationId: behind }),
    ]);
    platform.telemetry.counts.splice(0);
    platform.clock.advance(minute);
    await platform.sweep();
    expect(await platform.job(6, behind)).toMatchObject({ outcome: 'expired' });
    const nothing = { JobsHeldBySpendCap: 0, TenantsAtSpendCap: 0 };
    expect(figures(platform, small)).toEqual({
      ...{ JobsWaiting: 3, OldestWaitSeconds: 60, OldestUnexplainedWaitSeconds: 40, LeasesInUse: 1 },
      ...{ JobsHeldByControllers: 0, JobsExpired: 1, ...nothing },
    });
    expect(figures(platform, medium)).toEqual({
      ...{ JobsWaiting: 2, OldestWaitSeconds: 30, OldestUnexplainedWaitSeconds: 0, LeasesInUse: 0 },
      ...{ JobsHeldByControllers: 2, ...nothing },
    });
    const [census] = platform.telemetry.events.filter(({ name }) => name === 'census');
    expect(census?.fields).toMatchObject({ reasons: { 'runners-lost': 1, queued: 1, none: 1 } });
  });

  it('report how many tenants are at their spend caps, and how many jobs wait for that', async () => {
    const platform = await given([
      waiting(1, 0, 'spend-cap'),
      waiting(2, 1, 'queued'),
      waiting(3, 2, 'runners-lost'),
      waiting(4, 3, 'queued', { installationId: behind }),
    ]);
    await platform.sweep();
    expect(figures(platform, small)).toMatchObject({ JobsHeldBySpendCap: 2, TenantsAtSpendCap: 1 });
  });
});
