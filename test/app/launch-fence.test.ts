import { expect, it } from '@jest/globals';
import { launchFenceSeconds, resumeFenceSeconds } from '../../lib/app/common/settings.ts';
import { functionSettings } from '../../lib/contract/functions.ts';

/** Clocks of two functions differ by less, and what one sent as it died has arrived. */
const leastMarginSeconds = 5;

it('keeps a launch from others for longer than the function that planned it can run', () => {
  const longest = functionSettings['scale-up'].timeoutSeconds;
  expect(launchFenceSeconds).toBeGreaterThanOrEqual(longest + leastMarginSeconds);
});

it('keeps it for longer than the sweep that resumes it can run', () => {
  expect(resumeFenceSeconds).toBeGreaterThanOrEqual(
    functionSettings.sweep.timeoutSeconds + leastMarginSeconds,
  );
});
