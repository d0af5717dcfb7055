import { describe, expect, it } from '@jest/globals';
import type { Job } from '../../lib/core/job.ts';
import { givenLaunch } from '../contracts/support/stored.ts';
import { jobKey } from '../fakes/world.ts';
import { givenJob } from '../support/given.ts';
import { createCalmWorld, installationId } from './calm-world.ts';
import { createRestWatch } from './rest.ts';

/** A world with one job that waits, looked at each minute. */
function givenWaiting(how: Partial<Job> = {}) {
  const { auditor, rows, ports, scheduler } = createCalmWorld({ seed: 1, maxRunners: 1 });
  let messages = 0;
  const standsStill = createRestWatch(auditor.ledger, () => messages);
  const now = scheduler.now();
  const job = givenJob({ installationId, state: 'waiting', queuedAt: now, acceptedAt: now, ...how });
  const put = (changes: Partial<Job>) =>
    rows.jobs.set(jobKey(installationId, job.jobId), { ...job, ...changes });
  put({});
  const look = async () => {
    await scheduler.runUntil(scheduler.now() + 60_000);
    return standsStill();
  };
  const looks = async (count: number) => {
    const said: boolean[] = [];
    for (let n = 0; n < count; n++) said.push(await look());
    return said;
  };
  const send = (count: number) => {
    messages = count;
  };
  return { put, looks, ports, rows, now, job, send };
}

/** In which minutes it does not stand still. */
const swept = (said: readonly boolean[]) => said.flatMap((isStill, n) => (isStill ? [] : n + 1));

describe('a quiet world', () => {
  it('stands still once a job has waited for two sweeps, and nothing changed', async () => {
    const { looks } = givenWaiting();
    expect(await looks(4)).toEqual([false, false, true, true]);
  });

  it('is swept each minute while a message is on its way', async () => {
    const { looks, send } = givenWaiting();
    send(1);
    expect(await looks(4)).toEqual([false, false, false, false]);
  });

  it('is swept each minute again after a row or a note has changed', async () => {
    const { looks, put, ports, now } = givenWaiting();
    await looks(3);
    put({ attempts: 1 });
    expect(await looks(3)).toEqual([false, false, true]);
    await ports.notes.write('github-limit/1', { value: {}, expiresAt: now + 7_200_000 });
    expect(await looks(3)).toEqual([false, false, true]);
  });

  it.each<[string, Partial<Job>]>([
    ['GitHub is asked about', { goneAt: 1 }],
    ['only GitHub knows', { state: 'blocked', unsettledAt: 1 }],
    ['controllers hold', { reason: { code: 'admission-pending', text: 'They are asked.' } }],
  ])('does not while there is a job that %s', async (_, how) => {
    expect(await givenWaiting(how).looks(4)).toEqual([false, false, false, false]);
  });

  it.each([
    ['rest', (now: number) => ({ retryAt: now + 600_000 }), [1, 2, 7, 8, 9, 10, 11, 12, 13, 14]],
    ['wait', (now: number) => ({ acceptedAt: now + 600_000 - 86_400_000 }), [1, 2, 9, 10, 11, 12, 13, 14]],
  ])("does not around the end of a job's %s", async (_, how, minutes) => {
    const { looks, put, now } = givenWaiting();
    put(how(now));
    expect(swept(await looks(16))).toEqual(minutes);
  });

  it('is swept each minute while a launch is open', async () => {
    const { looks, rows, job } = givenWaiting();
    const launch = givenLaunch([job]);
    rows.launches.set(launch.launchId, { ...launch, state: 'answered' });
    expect(await looks(4)).toEqual([false, false, false, false]);
  });

  it("is swept each minute from a minute before a closed launch's machines are checked", async () => {
    const { looks, rows, job, now } = givenWaiting();
    const launch = givenLaunch([job]);
    rows.launches.set(launch.launchId, { ...launch, state: 'closed', lookAt: now + 10 * 60_000 });
    expect(swept(await looks(12))).toEqual([1, 2, 9, 10, 11, 12]);
  });
});
