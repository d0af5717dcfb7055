/**
 * The signals by which people and their terminals stop a program that runs until then. The first one is answered; a
 * second one ends the process at once, and what it had started is ended by its guard.
 */
const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

/** One Ctrl-C may come twice, from the terminal and passed on by npm. */
const echoMilliseconds = 300;

/** Resolves with the first signal's name. */
export function untilStopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let first: number | undefined;
    for (const [name, number] of Object.entries(signals)) {
      process.on(name, () => {
        first ??= performance.now();
        // As a shell tells of a program that a signal ended.
        if (performance.now() - first > echoMilliseconds) process.exit(128 + number);
        resolve(name);
      });
    }
  });
}
