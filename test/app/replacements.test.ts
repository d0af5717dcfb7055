import { describe, expect, it } from '@jest/globals';
import { maxReplacements } from '../../lib/core/admission.ts';
import { JobId } from '../../lib/core/ids.ts';
import { givenEvent } from '../support/given.ts';
import { expectNothingLeft, givenPlatform } from '../support/platform.ts';

const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });

/** The first job waits for its machine, and stays queued on GitHub. */
async function givenCovered() {
  const platform = await givenPlatform();
  const isQueued = { status: 'queued', conclusion: null, runnerName: null } as const;
  platform.github.putJob('acme/app', JobId(1), isQueued);
  await platform.accept(queued(1));
  return platform;
}

async function listen(platform: Awaited<ReturnType<typeof givenPlatform>>) {
  const machine = platform.liveMachines().at(-1)!;
  await platform.claim(machine);
  await platform.confirm(machine);
  return machine;
}

describe('a job whose machines come to nothing', () => {
  it('is refused, with the reason, once as many of them ended as may', async () => {
    const platform = await givenCovered();
    for (let lost = 1; lost <= maxReplacements; lost++) {
      expect(await platform.job(1)).toMatchObject({ state: 'covered' });
      await platform.machineEnds(platform.liveMachines()[0]!);
      await platform.deliverPokes();
    }
    expect(await platform.job(1)).toMatchObject({
      state: 'done',
      outcome: 'refused',
      replacements: 5,
      reason: { code: 'runners-lost', text: expect.stringContaining('5 machines were started for it') },
    });
    await expectNothingLeft(platform);
  });

  it('is refused where each of its runners goes to a job that never waited here', async () => {
    const platform = await givenCovered();
    for (let thief = 101; thief <= 100 + maxReplacements; thief++) {
      const machine = await listen(platform);
      const taken = { jobId: JobId(thief), runnerName: machine };
      await platform.follow(givenEvent({ ...taken, action: 'in_progress' }));
      await platform.follow(givenEvent({ ...taken, action: 'completed', conclusion: 'success' }));
      await platform.deliverPokes();
    }
    expect(await platform.job(1)).toMatchObject({ outcome: 'refused', reason: { code: 'runners-lost' } });
    await expectNothingLeft(platform);
  });

  it('is not held against a job whose runners serve others of the line', async () => {
    const platform = await givenCovered();
    platform.stores.world.setMaxRunners(givenEvent().installationId, 1);
    for (let other = 2; other <= 2 + maxReplacements; other++) {
      await platform.accept(queued(other));
      const machine = await listen(platform);
      const taken = { jobId: JobId(other), runnerName: machine };
      await platform.follow(givenEvent({ ...taken, action: 'in_progress' }));
      await platform.follow(givenEvent({ ...taken, action: 'completed', conclusion: 'success' }));
      await platform.deliverPokes();
    }
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });
});
