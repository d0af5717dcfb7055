import { describe, expect, it } from '@jest/globals';
import { askBesideOthers } from '../../lib/app/common/side-by-side.ts';
import { createScheduler } from '../sim/scheduler.ts';
import { noon } from '../support/given.ts';

/** Calls that are answered after so many milliseconds each. @returns when each of them went on, in the order given */
async function goesOnAfter(...answeredAfter: number[]): Promise<number[]> {
  const scheduler = createScheduler(noon);
  const how = { to: {}, clock: scheduler, milliseconds: 50 };
  const wentOn: number[] = [];
  for (const [n, milliseconds] of answeredAfter.entries()) {
    void askBesideOthers(how, () => scheduler.sleep(milliseconds))
      .then(({ together }) => together())
      .then(() => {
        wentOn[n] = scheduler.now() - noon;
      });
  }
  await scheduler.runUntil(noon + 10_000);
  return wentOn;
}

describe('calls that one process makes at the same time', () => {
  it('wait for nothing where there is one alone', async () => {
    expect(await goesOnAfter(30)).toEqual([30]);
  });

  it('go on together when the last of them is answered', async () => {
    expect(await goesOnAfter(10, 40, 25)).toEqual([40, 40, 40]);
  });

  it('wait no longer than they may for one that is slow', async () => {
    expect(await goesOnAfter(10, 40, 2_000)).toEqual([60, 60, 2_000]);
  });

  it('do not wait for one that failed', async () => {
    const scheduler = createScheduler(noon);
    const how = { to: {}, clock: scheduler, milliseconds: 50 };
    const failing = askBesideOthers(how, () => Promise.reject(new Error('refused')));
    await expect(failing).rejects.toThrow('refused');
    const { together } = await askBesideOthers(how, async () => 'answered');
    await expect(together()).resolves.toBeUndefined();
  });
});
