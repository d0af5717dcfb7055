/** Two jobs, each with a machine that listens for it. */
import { JobId } from '../../lib/core/ids.ts';
import { givenEvent } from './given.ts';
import { givenPlatform } from './platform.ts';

export async function givenListeningPair(over: Parameters<typeof givenPlatform>[0] = {}) {
  const platform = await givenPlatform(over);
  await platform.accept(givenEvent({ jobId: JobId(1) }), givenEvent({ jobId: JobId(2) }));
  for (const machine of platform.liveMachines()) {
    await platform.claim(machine);
    await platform.confirm(machine);
  }
  const [one, two] = platform.liveMachines();
  return { platform, one: one!, two: two! };
}
