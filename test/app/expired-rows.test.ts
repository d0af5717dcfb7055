/**
 * Rows that have expired and are still there: DynamoDB deletes them "typically … within a few days", and the fakes never do.
 * Nobody takes one for a row that counts. Notes and questions: test/contracts; decisions: test/lambdas/admission-api.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
 */
import { describe, expect, it } from '@jest/globals';
import { tombstoneDays, usageDays } from '../../lib/contract/tables.ts';
import { dayMilliseconds } from '../../lib/core/days.ts';
import { JobId } from '../../lib/core/ids.ts';
import { givenEvent } from '../support/given.ts';
import { expectNothingLeft, givenPlatform, instanceEvent } from '../support/platform.ts';

/** A job that ran, and ended with its machine, so many days ago. */
async function givenPast(days: number) {
  const platform = await givenPlatform();
  const queued = givenEvent({ jobId: JobId(1) });
  await platform.accept(queued);
  const [machine] = platform.liveMachines();
  if (!machine) throw new Error('The job got no machine.');
  await platform.claim(machine);
  await platform.confirm(machine);
  const started = { ...queued, action: 'in_progress', runnerName: machine } as const;
  const completed = { ...started, action: 'completed', conclusion: 'success' } as const;
  await platform.follow(started, completed);
  await platform.machineEnds(machine);
  await expectNothingLeft(platform);
  const visit = async () => {
    await platform.deliverPokes();
    for (let n = 0; n < 3; n += 1) {
      await platform.sweep();
      await platform.reconcile();
      platform.clock.advance(5 * 60_000);
    }
  };
  await visit();
  platform.clock.advance(days * dayMilliseconds);
  return { platform, machine, queued, started, completed, visit };
}

describe('after its row has expired', () => {
  it('a job is not taken up by a late event, nor by a visit', async () => {
    const { platform, queued, started, completed, visit } = await givenPast(tombstoneDays + 3);
    const before = await platform.job(1);
    await platform.accept(queued);
    await platform.follow(started, completed);
    await visit();
    expect(await platform.job(1)).toEqual(before);
    await expectNothingLeft(platform);
  });

  it('a launch starts no machine again, and gives no lease back again', async () => {
    const { platform, visit } = await givenPast(tombstoneDays + 3);
    const { requests } = platform.compute;
    const [calls, rows] = [requests.length, platform.stores.world.allLaunches()];
    await visit();
    expect(requests).toHaveLength(calls);
    expect(platform.stores.world.allLaunches()).toEqual(rows);
    expect(await platform.leases()).toBe(0);
  });

  it('a machine gets no job, and ends no second time', async () => {
    const { platform, machine } = await givenPast(tombstoneDays + 3);
    await platform.accept(givenEvent({ jobId: JobId(2), delivery: 'd-2' }));
    const before = platform.stores.world.runner(machine);
    for (const nonce of ['0', '1'])
      expect(await platform.claim(machine, nonce.repeat(32))).not.toMatchObject({ action: 'run' });
    await platform.follow(instanceEvent(machine, 'terminated'));
    await platform.sweep();
    expect(platform.stores.world.runner(machine)).toEqual(before);
    expect(await platform.leases()).toBe(1);
  });

  it('what a machine was used for is not recorded, nor counted as spent, a second time', async () => {
    const { platform, machine, visit } = await givenPast(usageDays + 3);
    const { usage } = platform.stores.world.rows;
    const [records, spent] = [[...usage.values()], (await theTenant(platform))?.spent];
    await platform.follow(instanceEvent(machine, 'terminated'));
    await visit();
    expect([...usage.values()]).toEqual(records);
    expect((await theTenant(platform))?.spent).toEqual(spent);
  });
});

const theTenant = ({ stores }: Awaited<ReturnType<typeof givenPast>>['platform']) =>
  stores.tenants.get(givenEvent().installationId);
