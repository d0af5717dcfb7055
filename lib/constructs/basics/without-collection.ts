/**
 * The bundler and the compiler are Go programs that end within seconds. To collect garbage takes a quarter of their
 * processor time, so they do so only when they hold this much memory.
 * Source: https://pkg.go.dev/runtime#hdr-Environment_Variables
 */
export const withoutCollection = { GOGC: 'off', GOMEMLIMIT: '2GiB' } as const;

/** For a program whose caller cannot name an environment: what `work` starts, synchronously, collects no garbage. */
export function startingWithoutCollection<Result>(work: () => Result): Result {
  const before = Object.keys(withoutCollection).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, withoutCollection);
  try {
    return work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
