/** The time of each function, beside what it does in it and what waits for it. */
import { expect, it } from '@jest/globals';
import {
  pendingReadMilliseconds,
  replaceMilliseconds,
  settleMilliseconds,
} from '../../lib/app/common/settings.ts';
import {
  catchUpSeconds,
  visitingSeconds,
  visitSeconds,
} from '../../lib/app/reconciler/reconcile-settings.ts';
import { functionSettings } from '../../lib/contract/functions.ts';

const secondsOf = (name: keyof typeof functionSettings) => functionSettings[name].timeoutSeconds;

it('of the webhook is the ten seconds that GitHub waits for an answer', () => {
  expect(secondsOf('webhook')).toBe(10);
});

it('of the sweep is enough for all of its parts, and over before the next one', () => {
  const parts = pendingReadMilliseconds + settleMilliseconds + replaceMilliseconds;
  expect(secondsOf('sweep')).toBeGreaterThan(parts / 1_000);
  expect(secondsOf('sweep')).toBeLessThan(60);
});

it('of the reconciler is enough for visits and for catching up, and over before the next one', () => {
  expect(secondsOf('reconciler')).toBeGreaterThan(visitingSeconds + visitSeconds + catchUpSeconds);
  expect(secondsOf('reconciler')).toBeLessThan(300);
});

it.each(['scale-up', 'claim', 'lifecycle', 'tenant-manager'] as const)(
  'of %s is enough for a slow answer of EC2 or GitHub, and short: one that hangs is paid for until then',
  (name) => {
    expect(secondsOf(name)).toBeGreaterThanOrEqual(12 + 4);
    expect(secondsOf(name)).toBeLessThanOrEqual(25);
  },
);

it('of the runner syncer is enough for two archives of 200 MB at a megabyte a second, and allowed by Lambda', () => {
  expect(secondsOf('runner-syncer')).toBeGreaterThanOrEqual(2 * 200);
  expect(secondsOf('runner-syncer')).toBeLessThanOrEqual(900);
});

it('of the setup page is no longer than people wait for a page', () => {
  expect(secondsOf('setup')).toBeLessThanOrEqual(60);
});
