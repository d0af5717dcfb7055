/** What of a browser's request the setup page reads. */
import { expect, it } from '@jest/globals';
import { type FunctionUrlRequest, isTooLarge, setCookie } from '../../lambdas/setup/browser.ts';
import { setupMilliseconds } from '../../lib/core/setup-claims.ts';

it('takes a form of 32 KB, and none that is larger', () => {
  const ofSize = (bytes: number) => isTooLarge({ body: 'x'.repeat(bytes) } as FunctionUrlRequest);
  expect([ofSize(32_768), ofSize(32_769)]).toEqual([false, true]);
});

it('leaves the cookie in the browser for hours after the session has expired, so that the page can say so', () => {
  const cookie = setCookie({ headers: {} } as FunctionUrlRequest, 'session');
  const [, seconds] = /; Max-Age=(\d+);/.exec(cookie)!;
  expect(Number(seconds) * 1_000).toBeGreaterThan(setupMilliseconds + 3_600_000);
  expect(Number(seconds)).toBeLessThanOrEqual(86_400);
});
