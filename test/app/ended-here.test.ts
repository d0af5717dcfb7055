/** EC2 tells of the end of each machine, also of those that the platform itself has ended. */
import { expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { givenEvent } from '../support/given.ts';
import { expectNothingLeft, givenPlatform, instanceEvent } from '../support/platform.ts';

const job = { jobId: JobId(1) };

/** A machine whose job is done; `reads` counts the looks at rows of machines since. */
async function givenEndedMachine() {
  const platform = await givenPlatform();
  await platform.accept(givenEvent(job));
  const [machine] = platform.liveMachines();
  await platform.claim(machine!);
  await platform.confirm(machine!);
  await platform.follow(
    givenEvent({ ...job, action: 'completed', runnerName: machine!, conclusion: 'success' }),
  );
  let reads = 0;
  platform.stores.world.beforeCall = (call) => {
    if (call === 'runners.findAcrossTenants') reads += 1;
  };
  return { platform, machine: machine!, reads: () => reads };
}

it('the process that ended a machine reads nothing when EC2 reports that end', async () => {
  const { platform, machine, reads } = await givenEndedMachine();
  expect(await platform.machineEnds(machine)).toEqual([]);
  expect(reads()).toBe(0);
  await expectNothingLeft(platform);
});

it('reads the row if GitHub reports about the machine, too', async () => {
  const { platform, machine, reads } = await givenEndedMachine();
  const again = givenEvent({ ...job, action: 'completed', runnerName: machine, conclusion: 'success' });
  expect(await platform.follow(again, instanceEvent(machine, 'terminated'))).toEqual([]);
  expect(reads()).toBe(1);
  await expectNothingLeft(platform);
});

it('reads the rows of machines that it has not ended', async () => {
  const { platform, reads } = await givenEndedMachine();
  await platform.accept(givenEvent({ jobId: JobId(2) }));
  const [other] = platform.liveMachines();
  await platform.machineEnds(other!);
  expect(reads()).toBe(1);
  expect(platform.liveMachines()).toEqual([]);
});
