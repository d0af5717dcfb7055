/**
 * How large a program RE2 makes of a pattern, before it makes one. Matching takes linear time, but each evaluation compiles
 * its pattern anew: RE2 writes out counted repetitions, so that a hundred characters can become a hundred thousand
 * instructions. Never less than the truth for what RE2 accepts; RE2 itself refuses other patterns.
 * Source: https://github.com/google/re2/wiki/Syntax
 */

/** A class of Unicode, `\pL`, is a table of some hundred ranges, copied wherever it stands. */
const unicodeClass = 50;

interface Group {
  size: number;
  /** Of its last atom, which a repetition applies to. */
  last: number;
}

/** `\Q[\E` would hide what follows from this reading, and is not worth another one. */
const quoted = 1_000_000;

/** In instructions, about. */
export function patternSize(pattern: string): number {
  if (pattern.includes('\\Q')) return quoted;
  const groups: Group[] = [{ size: 0, last: 0 }];
  const add = (size: number) => {
    const group = groups.at(-1)!;
    group.size += size;
    group.last = size;
  };
  for (const [token] of pattern.matchAll(tokens)) {
    const group = groups.at(-1)!;
    const [, least, , most] = /^\{(\d+)(,(\d*))?\}$/.exec(token) ?? [];
    if (token === '(') groups.push({ size: 1, last: 0 });
    else if (token === ')' && groups.length > 1) add(groups.pop()!.size);
    else if (least !== undefined) {
      const times = Math.max(1, Number(least) + 1, Number(most ?? 0));
      group.size += (times - 1) * group.last;
      group.last *= times;
    } else add(sizeOf(token));
  }
  return groups.reduce((sum, { size }) => sum + size, 0);
}

/** A class in brackets, an escape (`\x{2028}` is one character), a counted repetition, or any other character. */
const tokens =
  /\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\\[pP](?:\{[^}]*\}|.)|\\x\{[\da-fA-F]+\}|\\.|\{\d+(?:,\d*)?\}|./gsu;

const sizeOf = (token: string) => 1 + (token.match(/\\[pP]/g)?.length ?? 0) * unicodeClass;
