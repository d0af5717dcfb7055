/** What of a browser's request the setup page reads. */
import { expect, it } from '@jest/globals';
import { type FunctionUrlRequest, isTooLarge } from '../../lambdas/setup/browser.ts';

it('takes a form of 32 KB, and none that is larger', () => {
  const ofSize = (bytes: number) => isTooLarge({ body: 'x'.repeat(bytes) } as FunctionUrlRequest);
  expect([ofSize(32_768), ofSize(32_769)]).toEqual([false, true]);
});
