/** The system's clock and randomness. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Chance, Clock } from '../../ports/clock.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds) => {
    await setTimeout(milliseconds);
  },
};

export const systemChance: Chance = {
  id: () => randomUUID().replaceAll('-', ''),
  fraction: () => Math.random(),
};
