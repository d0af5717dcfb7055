/** The supported options of the engine's command line. Any other option is refused, as Docker does. */

/** Ends the command: 125 for a fault of the engine, 126 and 127 for a program that cannot be started. */
export class Refused extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

interface Known {
  readonly values?: readonly string[];
  readonly switches?: readonly string[];
}

export const options = {
  build: { values: ['--tag', '--file', '--build-arg'] },
  run: {
    values: [
      ...['--pull', '--restart', '--name', '--cap-drop', '--security-opt', '--pids-limit', '--memory'],
      ...['--cpus', '--network', '--volume', '--group-add', '--label', '--env'],
    ],
    switches: ['--detach'],
  },
  ps: { values: ['--filter'], switches: ['--all', '--quiet', '--no-trunc'] },
  logs: { values: ['--tail'], switches: ['--follow'] },
  stop: { values: ['-t'] },
  rm: { switches: ['--force', '--volumes'] },
} as const satisfies Record<string, Known>;

export interface Given {
  readonly rest: readonly string[];
  one(name: string): string;
  all(name: string): readonly string[];
  has(name: string): boolean;
}

/** Options come before the first word that is not one. @throws Refused for an unknown option */
export function take(args: readonly string[], known: Known): Given {
  const found: (readonly [name: string, value: string])[] = [];
  let at = 0;
  for (; args[at]?.startsWith('-'); at++) {
    const name = args[at] ?? '';
    const takesValue = known.values?.includes(name);
    if (!takesValue && !known.switches?.includes(name)) throw new Refused(125, `unknown flag: ${name}`);
    if (takesValue && args[at + 1] === undefined) throw new Refused(125, `flag needs an argument: ${name}`);
    found.push([name, takesValue ? (args[++at] ?? '') : '']);
  }
  const all = (wanted: string) => found.flatMap(([name, value]) => (name === wanted ? [value] : []));
  return {
    rest: args.slice(at),
    all,
    one: (name) => all(name).at(-1) ?? '',
    has: (name) => all(name).length > 0,
  };
}
