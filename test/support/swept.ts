/** What the tests of the sweep share. */
import { JobId } from '../../lib/core/ids.ts';
import { givenEvent } from './given.ts';
import { givenPlatform } from './platform.ts';

export const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });
export const minutes = (count: number) => count * 60_000;

/** Job 1 has a machine whose runner listens. */
export async function givenListening() {
  const platform = await givenPlatform();
  await platform.accept(queued(1));
  const [machine] = platform.liveMachines();
  await platform.claim(machine!);
  await platform.confirm(machine!);
  return { platform, machine: machine! };
}
