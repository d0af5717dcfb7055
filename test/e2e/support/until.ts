/** Waits for what is seen to come true, and never for a fixed time. What does not come true is an error that says what was seen last. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  readonly withinMilliseconds?: number;
  /** What is looked at, for the error. */
  readonly seen?: () => unknown;
}

/** A look costs several calls. What has taken long may be seen a little later. */
const betweenLooks = (waited: number) => Math.min(75, Math.max(20, waited / 10));

/** @throws Error with the description and what was seen, where it is not so in time */
export async function until(
  description: string,
  holds: () => boolean | Promise<boolean>,
  { withinMilliseconds = 240_000, seen }: Patience = {},
): Promise<void> {
  const start = Date.now();
  const end = start + withinMilliseconds;
  while (!(await holds())) {
    if (Date.now() > end) {
      const last = seen ? ` Seen last: ${JSON.stringify(await seen())}` : '';
      throw new Error(`Not so after ${withinMilliseconds} ms: ${description}.${last}`);
    }
    await sleep(betweenLooks(Date.now() - start));
  }
}
