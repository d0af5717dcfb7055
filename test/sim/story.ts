/** The story's log, one line for each event with its virtual time; kept only if somebody will read it. */
export interface Story {
  tell(line: () => string): void;
  readonly lines: readonly string[];
}

export function createStory(options: { kept: boolean; start: number; now: () => number }): Story {
  const lines: string[] = [];
  return {
    lines,
    tell: (line) => {
      if (!options.kept) return;
      const seconds = (options.now() - options.start) / 1000;
      lines.push(`${seconds.toFixed(3).padStart(10)}  ${line()}`);
    },
  };
}
