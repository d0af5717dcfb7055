/**
 * Sanitizes untrusted text for a terminal when it arrives in pieces. It prints whole lines, so that no escape
 * sequence gets through in two halves. An endless line is printed in bounded pieces.
 */
import { printableLine } from './printable.ts';

export interface PrintableLines {
  take(text: string): void;
  /** Prints the rest as the last line. */
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
