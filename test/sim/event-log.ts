/** The log of a seed, one line for each event with its virtual time; kept only if somebody will read it. */
export interface EventLog {
  add(line: () => string): void;
  readonly lines: readonly string[];
}

export function createEventLog(options: { kept: boolean; start: number; now: () => number }): EventLog {
  const lines: string[] = [];
  return {
    lines,
    add: (line) => {
      if (!options.kept) return;
      const seconds = (options.now() - options.start) / 1000;
      lines.push(`${seconds.toFixed(3).padStart(10)}  ${line()}`);
    },
  };
}
