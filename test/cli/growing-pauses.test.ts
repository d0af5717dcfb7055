import { expect, it } from '@jest/globals';
import { growingPauses } from '../../lib/cli/growing-pauses.ts';

it('pauses twice as long each time, up to a limit', async () => {
  const slept: number[] = [];
  const pause = growingPauses(1_000, async (milliseconds) => void slept.push(milliseconds));
  for (let look = 0; look < 6; look++) await pause();
  expect(slept).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});
