/** What a machine gets whose own job is gone, runs elsewhere, or has another machine by now. */
import { describe, expect, it } from '@jest/globals';
import { groupNote, type KnownGroup } from '../../lib/app/common/runner-groups.ts';
import { JobId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { jobKey } from '../fakes/world.ts';
import { acme, givenEvent, givenJob, givenTenant, medium, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });
const standsDown = expect.objectContaining({ action: 'stand-down' });
const runs = expect.objectContaining({ action: 'run' });

function setJob({ stores: { world } }: Platform, jobId: number, over: Partial<Job>) {
  const { lease: _freed, ...job } = world.job(acme, JobId(jobId))!;
  world.rows.jobs.set(jobKey(acme, JobId(jobId)), { ...job, ...over });
}

async function givenMachines(jobs = 1) {
  const platform = await givenPlatform();
  for (let jobId = 1; jobId <= jobs; jobId++) await platform.accept(queued(jobId));
  const [machine, other] = platform.liveMachines();
  return { platform, machine: machine!, other: other! };
}

/** The machine of job 1, whose job is over; these wait. */
async function givenFree(...waiting: Job[]) {
  const { platform, machine } = await givenMachines();
  setJob(platform, 1, { state: 'done' });
  await platform.jobs.insert(waiting);
  return { platform, machine };
}

const waiting = (jobId: number, over: Partial<Job> = {}) =>
  givenJob({ jobId: JobId(jobId), queuedAt: noon + jobId, ...over });

describe('a machine gets no runner for its own job', () => {
  it.each<[string, (own: Pick<Job, 'lease'>) => Partial<Job>]>([
    ['that has another machine', () => ({ state: 'covered', lease: leaseOf(LaunchId('other'), 0) })],
    ['that runs elsewhere', (own) => ({ state: 'running', ...own })],
    ['that is over', (own) => ({ state: 'done', ...own })],
  ])('%s', async (_which, over) => {
    const { platform, machine } = await givenMachines();
    const { lease } = platform.stores.world.runner(machine)!;
    setJob(platform, 1, over({ lease }));
    expect(await platform.claim(machine)).toEqual(standsDown);
    expect(platform.github.registrations.size).toBe(0);
  });

  it('whose row is deleted', async () => {
    const { platform, machine } = await givenMachines();
    platform.stores.world.rows.jobs.clear();
    expect(await platform.claim(machine)).toEqual(standsDown);
  });
});

describe('a machine without a job of its own', () => {
  it('serves the oldest waiting job if no job was left over where its own runs', async () => {
    const { platform, machine, other } = await givenMachines(3);
    const { lease } = platform.stores.world.runner(machine)!;
    setJob(platform, 1, { state: 'running', runner: other, lease });
    setJob(platform, 2, { state: 'done' });
    expect(await platform.claim(machine)).toEqual(runs);
    expect(await platform.job(3)).toMatchObject({ state: 'covered', lease });
  });

  it.each<[string, Partial<Job>, object]>([
    ['serves a job that rests', { retryAt: noon + 1 }, runs],
    [
      'leaves a job that GitHub may no longer have to the sweep',
      { goneAt: noon, retryAt: noon + 1 },
      standsDown,
    ],
    ['serves it once its rest is over', { goneAt: noon, retryAt: noon }, runs],
  ])('%s', async (_which, over, answer) => {
    const { platform, machine } = await givenFree(waiting(2, over));
    expect(await platform.claim(machine)).toEqual(answer);
  });

  it('frees a job again that GitHub no longer has', async () => {
    const { platform, machine } = await givenFree(waiting(2, { replacements: 1 }));
    expect(await platform.claim(machine)).toEqual(standsDown);
    expect(await platform.job(2)).toMatchObject({ state: 'waiting', goneAt: noon });
    expect(await platform.job(2)).not.toHaveProperty('lease');
  });

  it('serves the oldest job that its runner group admits, however many older ones it excludes', async () => {
    const excluded = [3, 4, 5, 6].map((jobId) => waiting(jobId, { visibility: 'public' }));
    const gone = waiting(2, { goneAt: noon, retryAt: noon + 1 });
    const { platform, machine } = await givenFree(gone, ...excluded, waiting(7));
    const group = { id: 1, name: 'Default', visibility: 'all', allowsPublicRepositories: false } as const;
    const known: KnownGroup = { lookedAt: noon, standing: { kind: 'found', group } };
    await platform.notes.write(groupNote(acme), {
      value: { ...known, name: null },
      expiresAt: noon + 600_000,
    });
    expect(await platform.claim(machine)).toEqual(runs);
    expect(await platform.job(7)).toMatchObject({ state: 'covered' });
  });
});

it('a machine is given its job by the rules of its own tier', async () => {
  const platform = await givenPlatform({ tenants: [givenTenant({ allowedTiers: [medium] })] });
  await platform.accept(givenEvent({ tier: medium }));
  expect(await platform.claim(platform.liveMachines()[0]!)).toEqual(runs);
});
