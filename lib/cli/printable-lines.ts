/**
 * Untrusted text for a terminal that comes in pieces: it is printed by whole lines, so that no escape sequence passes in two
 * halves. A line without an end is printed in bounded parts.
 */
import { printableLine } from './printable.ts';

export interface PrintableLines {
  take(text: string): void;
  /** What is left, as the last line. */
  end(): void;
}

const longestLine = 16_384;

export function printableLines(out: (text: string) => void): PrintableLines {
  let open = '';
  const print = (line: string) => out(`${printableLine(line.replaceAll('\r', ''))}\n`);
  return {
    take(text) {
      const lines = (open + text).split('\n');
      open = lines.pop() ?? '';
      for (const line of lines) print(line);
      for (; open.length > longestLine; open = open.slice(longestLine)) print(open.slice(0, longestLine));
    },
    end() {
      if (open !== '') print(open);
      open = '';
    },
  };
}
