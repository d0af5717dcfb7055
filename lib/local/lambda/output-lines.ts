/**
 * The lines that a function's process prints. A marker line on both outputs shows that everything before it has been
 * passed on; it is not part of the function's output and goes no further.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export type OutputName = 'stdout' | 'stderr';

export interface OutputOptions extends Readonly<Record<OutputName, Readable>> {
  onLine(line: string, output: OutputName): void;
}

const names: readonly OutputName[] = ['stdout', 'stderr'];

export class OutputLines {
  #awaited: { readonly line: string; readonly left: Set<OutputName>; resolve(): void } | undefined;

  constructor(options: OutputOptions) {
    for (const name of names) {
      createInterface({ input: options[name] }).on('line', (line) => {
        const own = this.#withoutAwaited(line, name);
        if (own !== undefined) options.onLine(own, name);
      });
    }
  }

  /** Resolves when both outputs have reached this line; never, if the process ends before. One at a time. */
  until(line: string): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = { line, left: new Set(names), resolve };
    });
  }

  /** The function may have left its last line unfinished. undefined: none of it is the function's. */
  #withoutAwaited(line: string, name: OutputName): string | undefined {
    if (!this.#awaited || !line.endsWith(this.#awaited.line)) return line;
    const { left, resolve } = this.#awaited;
    left.delete(name);
    if (left.size === 0) resolve();
    return line.slice(0, -this.#awaited.line.length) || undefined;
  }
}
