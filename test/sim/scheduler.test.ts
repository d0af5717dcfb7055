import { expect, it } from '@jest/globals';
import { createScheduler } from './scheduler.ts';

it('reports a rejection that nobody handles while the world goes on, as it would end a process on AWS', async () => {
  const reported: unknown[] = [];
  const report = (reason: unknown) => void reported.push(reason);
  process.on('unhandledRejection', report);
  const scheduler = createScheduler(0);
  scheduler.after(1, () => void Promise.reject('unheard'));
  for (let time = 2; time <= 100; time += 1) scheduler.after(time, () => {});
  let whileRunning: readonly unknown[] = [];
  scheduler.after(101, () => {
    whileRunning = [...reported];
  });

  await scheduler.runUntil(200);
  await new Promise(setImmediate);

  process.off('unhandledRejection', report);
  expect(whileRunning).toEqual(['unheard']);
});
