/** When a message comes again after its function died, how often, and how long batches gather. */
import { expect, it } from '@jest/globals';
import { functionSettings } from '../../lib/contract/functions.ts';
import {
  batchingWindowSeconds,
  type QueueReader,
  receivesBeforeDeadLetter,
  visibilitySeconds,
} from '../../lib/contract/redelivery.ts';

const readers = ['scale-up', 'lifecycle', 'tenant-manager', 'admission'] as const satisfies QueueReader[];

it.each(readers)(
  'lets the batch of %s come again after twice its time, at most a minute and a half',
  (reader) => {
    const { timeoutSeconds } = functionSettings[reader];
    expect(visibilitySeconds(reader) - 2 * timeoutSeconds).toBe(reader === 'lifecycle' ? 1 : 0);
    expect(visibilitySeconds(reader)).toBeLessThanOrEqual(90);
  },
);

it.each(readers)('has %s try a message for an hour before it goes to the dead letters', (reader) => {
  const lastAt = (receivesBeforeDeadLetter(reader) - 1) * visibilitySeconds(reader);
  expect(lastAt).toBeLessThan(3_600);
  expect(lastAt + visibilitySeconds(reader)).toBeGreaterThanOrEqual(3_600);
});

it('gathers facts for a second, and lets no job and no question wait', () => {
  expect(readers.map(batchingWindowSeconds)).toEqual([0, 1, 0, 0]);
});
