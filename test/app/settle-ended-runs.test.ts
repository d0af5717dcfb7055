/** A job that started on a machine just as its row ended, and whoever ended the machine died before looking again. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent } from '../support/given.ts';
import { expectNothingLeft } from '../support/platform.ts';
import { givenListening, minutes } from '../support/swept.ts';

type Given = Awaited<ReturnType<typeof givenListening>>;

/** GitHub reports the start after the machine's job was released and before its row ends. */
function startsAsItEnds({ platform, machine }: Given) {
  const { end } = platform.stores.runners;
  platform.runners.end = async (ends) => {
    platform.runners.end = end;
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine }));
    return end(ends);
  };
}

/** Counts how many jobs the sweep reads. */
function countJobReads({ platform }: Given): () => number {
  let reads = 0;
  const { find } = platform.stores.jobs;
  platform.jobs.find = async (tenant, ids) => {
    reads += ids.length;
    return find(tenant, ids);
  };
  return () => reads;
}

describe('a job that started on a machine as its row ended', () => {
  it('is asked about by the sweep, although whoever ended the machine died before looking again', async () => {
    const given = await givenListening();
    const { platform, machine } = given;
    startsAsItEnds(given);
    platform.stores.world.failNext('jobs.markUnsettled', new Error('died'));
    await platform.machineEnds(machine);
    expect(await platform.job(1)).toMatchObject({ state: 'running', runner: machine });
    expect(await platform.job(1)).not.toHaveProperty('unsettledAt');

    // EC2's next event about the machine says nothing new.
    await platform.machineEnds(machine);
    platform.clock.advance(platform.deployment.limits.bootSeconds * 1000);
    platform.stores.world.failNext('jobs.markUnsettled', new Error('died'));
    await expect(platform.sweep()).rejects.toThrow();
    await platform.sweep();
    expect(platform.telemetry.total('Repairs', { kind: 'ended-run-unsettled' })).toBe(2);
    expect(await platform.job(1)).toMatchObject({ unsettledAt: platform.clock.now() });
    expect([...platform.stores.world.rows.usage.values()]).toMatchObject([{ job: { jobId: 1 } }]);

    platform.github.putJob('acme/app', JobId(1), {
      status: 'completed',
      conclusion: 'failure',
      runnerName: machine,
    });
    platform.clock.advance(minutes(2));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'done', conclusion: 'failure' });
    await expectNothingLeft(platform);
  });

  it('is asked about at the times that were set when its machine ended, if that was done', async () => {
    const given = await givenListening();
    const { platform, machine } = given;
    startsAsItEnds(given);
    await platform.machineEnds(machine);
    const { unsettledAt } = (await platform.job(1))!;
    expect(unsettledAt).toBe(platform.clock.now());
    platform.clock.advance(platform.deployment.limits.bootSeconds * 1000);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ unsettledAt });
    expect(platform.telemetry.total('Repairs', { kind: 'ended-run-unsettled' })).toBe(0);
  });
});

describe('the last look at a machine', () => {
  it('reads no job if the machine ended with its job', async () => {
    const given = await givenListening();
    const { platform, machine } = given;
    await platform.follow(
      givenEvent({ action: 'completed', conclusion: 'success', runnerName: machine, installationId: acme }),
    );
    const reads = countJobReads(given);
    platform.clock.advance(platform.deployment.limits.bootSeconds * 1000);
    await platform.sweep();
    expect(reads()).toBe(0);
    expect(await platform.stores.launches.listWatchedAcrossTenants(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });
});
