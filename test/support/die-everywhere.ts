/** Runs work in processes that die at each of its calls in turn, and looks at each aftermath. */
import { dyingProcess } from './dying-process.ts';
import type { Platform } from './platform.ts';

export const moments = ['before', 'after'] as const;

/**
 * Runs `act` in a process that dies at its first call, then its second, … until one lives; `check` sees each aftermath.
 * @returns how many calls a process makes
 */
export async function dieEverywhere(
  when: (typeof moments)[number],
  run: {
    given: () => Promise<Platform>;
    act: (deps: Platform) => Promise<unknown>;
    check: (platform: Platform, where: string) => Promise<void>;
  },
): Promise<number> {
  for (let call = 1; ; call++) {
    const platform = await run.given();
    const process = dyingProcess(platform, { call, when });
    await run.act(process.deps).catch(() => undefined);
    if (!process.died()) return call - 1;
    await run.check(platform, `${when} ${process.lastWords()}`);
  }
}
