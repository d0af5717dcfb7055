/** Jobs that GitHub took back from a machine: no machine's end is theirs, so the sweep asks GitHub about them, and no others. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { givenEvent } from '../support/given.ts';
import { givenListeningPair } from '../support/listening-pair.ts';
import type { Platform } from '../support/platform.ts';

const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), ...over });
const started = (jobId: number, runnerName: string) => queued(jobId, { action: 'in_progress', runnerName });

const unsettledAt = async (platform: Platform, jobId: number) => (await platform.job(jobId))?.unsettledAt;

describe('a start that is reported', () => {
  it('leaves the job that ran on the machine before to the sweep', async () => {
    const { platform, one } = await givenListeningPair();
    await platform.follow(started(1, one));
    platform.clock.advance(1_000);
    await platform.follow(started(7, one));
    expect(await unsettledAt(platform, 1)).toBe(platform.clock.now());
  });

  it('leaves neither of two jobs to the sweep that run on each other’s machines', async () => {
    const { platform, one, two } = await givenListeningPair();
    expect(await platform.follow(started(1, two), started(2, one))).toEqual([]);
    expect(await platform.job(1)).toMatchObject({ state: 'running', runner: two });
    expect(await platform.job(2)).toMatchObject({ state: 'running', runner: one });
    expect([await unsettledAt(platform, 1), await unsettledAt(platform, 2)]).toEqual([undefined, undefined]);
  });

  it('is stored beside one on a machine that nobody knows', async () => {
    const { platform, one } = await givenListeningPair();
    expect(await platform.follow(started(1, 'i-00000000000000abc'), started(2, one))).toEqual([]);
    expect(await platform.job(2)).toMatchObject({ state: 'running', runner: one });
  });

  it('on a machine that ended changes nothing about when GitHub is asked how its job ended', async () => {
    const { platform, one } = await givenListeningPair();
    await platform.follow(started(7, one));
    await platform.machineEnds(one);
    const before = await unsettledAt(platform, 7);
    expect(before).toBe(platform.clock.now());
    platform.clock.advance(60_000);
    await platform.follow(started(8, one));
    expect(await unsettledAt(platform, 7)).toBe(before);
    expect(await unsettledAt(platform, 8)).toBe(platform.clock.now());
  });

  it('on the machine that was meant for it looks for no other job', async () => {
    const { platform, one } = await givenListeningPair();
    const calls: string[] = [];
    platform.stores.world.beforeCall = (call) => void calls.push(call);
    await platform.follow(started(1, one));
    expect(calls).toContain('jobs.start');
    expect(calls).not.toContain('jobs.markUnsettled');
  });
});
