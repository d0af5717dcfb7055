import { describe, expect, it } from '@jest/globals';
import { printableLines } from '../../lib/cli/printable-lines.ts';

describe('untrusted text that comes in pieces', () => {
  const printed = (pieces: readonly string[]) => {
    const out: string[] = [];
    const lines = printableLines((text) => void out.push(text));
    for (const piece of pieces) lines.take(piece);
    lines.end();
    return out;
  };

  it('is printed in whole lines, including the last one', () => {
    expect(printed(['a', 'b\nc\n\nd'])).toEqual(['ab\n', 'c\n', '\n', 'd\n']);
  });

  it('passes no escape sequence to the terminal, not even in two halves', () => {
    const text = printed(['\u001b', ']0;title\u0007red \u001b[3', '1mline\r\n']).join('');
    expect(text).toMatch(/^[\u0020-\u007e]*line\n$/);
  });

  it('is printed in parts if a line has no end', () => {
    const out = printed(Array.from({ length: 50 }, () => 'x'.repeat(1000)));
    expect(out.length).toBeGreaterThan(2);
    expect(out.join('').replaceAll('\n', '')).toBe('x'.repeat(50_000));
  });
});
