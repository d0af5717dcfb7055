/**
 * The clock on a day of this month. Commands about costs read sixteen partitions for each day of the month so far that has no
 * sums yet: at its end, hundreds.
 */
import { afterAll, beforeAll } from '@jest/globals';

const machineNow = Date.now;

/** `2026-11`. */
export const thisMonth = new Date().toISOString().slice(0, 'yyyy-mm'.length);

/** Begins at noon. */
export function clockOn(day: number): () => number {
  const noon = Date.parse(`${thisMonth}-${String(day).padStart(2, '0')}T12:00:00Z`);
  const ahead = noon - machineNow();
  return () => machineNow() + ahead;
}

/** From the first test of a file to the last. */
export function useClock(now: () => number): void {
  beforeAll(() => {
    Date.now = now;
  });
  afterAll(() => {
    Date.now = machineNow;
  });
}

export async function underClock<Value>(now: () => number, run: () => Promise<Value>): Promise<Value> {
  Date.now = now;
  try {
    return await run();
  } finally {
    Date.now = machineNow;
  }
}
