import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import type { LaunchAnswer } from '../../lib/ports/compute.ts';
import { givenEvent } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const jobs = [1, 2].map((jobId) => givenEvent({ jobId: JobId(jobId) }));
const answer = (kind: 'refused' | 'unclear', code: string): LaunchAnswer => ({
  kind,
  failure: { class: kind === 'refused' ? 'throttled' : 'unknown', code, message: code },
});

/** What each call is answered with, after its effect where `took` says so. */
function answerCalls(platform: Platform, ...calls: { took: boolean; answer?: LaunchAnswer }[]) {
  const { launch } = platform.compute;
  platform.compute.launch = async (request) => {
    const call = calls.shift();
    const own = !call || call.took ? await launch(request) : undefined;
    return call?.answer ?? (own as LaunchAnswer);
  };
}

const reset = answer('unclear', 'ECONNRESET');

describe('a launch whose call fails immediately', () => {
  it('is retried with the same request, without delay for its jobs', async () => {
    const platform = await givenPlatform();
    platform.compute.dials.loseRequests = 1;
    await platform.accept(...jobs);
    const [first, second] = platform.compute.requests;
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
    expect(platform.compute.requests).toHaveLength(2);
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'run' });
    expect(platform.telemetry.total('LaunchesResent')).toBe(1);
    await expectBalanced(platform);
  });

  it.each([1, 2])('finds its machines, listed again or by their tag (%i answers lost)', async (lost) => {
    const platform = await givenPlatform();
    platform.compute.dials.loseAnswers = lost;
    await platform.accept(...jobs);
    expect(platform.liveMachines()).toHaveLength(2);
    for (const machine of nonEmpty(platform.liveMachines())) {
      expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    }
    await expectBalanced(platform);
  });

  it('does not treat a machine as missing that EC2 neither lists again nor shows yet', async () => {
    const platform = await givenPlatform();
    Object.assign(platform.compute.dials, { loseAnswers: 99, hideNew: true });
    await platform.accept(...jobs);
    for (let minute = 0; minute < 20; minute++) {
      expect(await platform.leases()).toBe(2);
      platform.clock.advance(61_000);
      await platform.sweep();
      await platform.deliverPokes();
    }
    for (const machine of platform.compute.machines.values()) machine.hidden = false;
    platform.clock.advance(61_000);
    await platform.sweep();
    expect(await platform.stores.launches.listOverdueAcrossTenants(Number.MAX_SAFE_INTEGER, 9)).toEqual([]);
    await expectBalanced(platform);
  });

  it('concludes nothing about the first call from a refused second one', async () => {
    const platform = await givenPlatform();
    answerCalls(
      platform,
      { took: true, answer: reset },
      { took: false, answer: answer('refused', 'RequestLimitExceeded') },
    );
    await platform.accept(...jobs);
    expect(await platform.leases()).toBe(2);
    await expectBalanced(platform);
  });

  it('frees the leases that EC2 has no machine for if the first call never arrived', async () => {
    const platform = await givenPlatform();
    platform.compute.dials.loseRequests = 1;
    platform.compute.dials.pools.set('t3.medium:on-demand', 1);
    await platform.accept(...jobs);
    expect(platform.liveMachines()).toHaveLength(1);
    await expectBalanced(platform);
  });

  it('is left to the sweep if it fails again', async () => {
    const platform = await givenPlatform();
    answerCalls(platform, { took: true, answer: reset }, { took: false, answer: reset });
    await platform.accept(...jobs);
    expect(platform.compute.requests).toHaveLength(1);
  });

  it.each([
    [2_000, 2],
    [2_001, 1],
  ])('and did so after %i ms makes %i calls: the others are left to the sweep', async (after, calls) => {
    const slow = await givenPlatform();
    const { launch } = slow.compute;
    slow.compute.launch = async (request) => {
      slow.clock.advance(after);
      await launch(request);
      return reset;
    };
    await slow.accept(...jobs);
    expect(slow.compute.requests).toHaveLength(calls);
    await expectBalanced(slow);
  });
});
