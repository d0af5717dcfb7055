/**
 * The signals by which people and their terminals stop a program. The first one stops it properly; a second one ends the
 * process at once, and its guard then ends what it had started.
 */
const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

/** One Ctrl-C may arrive twice, from the terminal and passed on by npm. */
const echoMilliseconds = 300;

/** Resolves with the first signal's name. */
export function untilStopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let first: number | undefined;
    for (const [name, number] of Object.entries(signals)) {
      process.on(name, () => {
        first ??= performance.now();
        // The exit code that shells use for a program that a signal ended.
        if (performance.now() - first > echoMilliseconds) process.exit(128 + number);
        resolve(name);
      });
    }
  });
}
