/** Lets a machine's deadline pass: in its own row, and in that of its launch, by which the sweep finds it. */
import { until } from './until.ts';
import type { World } from './world.ts';

export async function letDeadlinePass({ operator }: World, instanceId: string): Promise<void> {
  const machine = { instance_id: instanceId };
  const deadline = Date.now() - 1000;
  await operator.edit('runners', machine, { deadline });
  const launch = { launch_id: String((await operator.row('runners', machine))?.['launch_id']) };
  // Closing it sets the time of the first look.
  await until('its launch is closed', async () => {
    return (await operator.row('launches', launch))?.['state'] === 'closed';
  });
  await operator.edit('launches', launch, { deadline });
}
