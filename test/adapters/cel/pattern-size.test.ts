/** How large a program a pattern becomes: never less than what RE2 makes of it. */
import { expect, it } from '@jest/globals';
import { patternSize } from '../../../lib/adapters/cel/pattern-size.ts';

it.each([
  ['abc', 3],
  ['a{4}', 5],
  ['a{2,5}', 5],
  ['a{5,}', 6],
  ['a{,5}', 5],
  ['a{0}', 1],
  ['(ab){3}', 12],
  ['((a{1,10}){1,10}){1,10}', 1110],
  ['[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}', 51],
  ['[]a{9}]{2}', 3],
  ['[^]a{9}]{2}', 3],
  [String.raw`[\]a{9}]{2}`, 3],
  ['[[:alpha:]{9}]{2}', 3],
  [String.raw`\({2}`, 3],
  [String.raw`\x{2028}`, 1],
  [String.raw`\x{2028}{3}`, 4],
  [String.raw`\\x{2028}`, 2030],
  [String.raw`\pL`, 51],
  [String.raw`\p{Greek}{1}`, 102],
  [String.raw`[\pL\PN]`, 101],
  [String.raw`\Q[\E(a{900})]`, 1_000_000],
  ['(', 1],
  [')', 1],
  ['[', 1],
  ['', 0],
])('%s has about %i instructions', (pattern, size) => {
  expect(patternSize(pattern)).toBe(size);
});
