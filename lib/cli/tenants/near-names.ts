/**
 * Suggests which of many names somebody may have meant: those that begin alike, contain it, or are one or two typing
 * errors away.
 */

const most = 3;

/** @returns at most three, nearest first, each once */
export function nearNames(given: string, names: readonly string[]): string[] {
  const wanted = given.toLowerCase();
  const allowed = wanted.length <= 4 ? 1 : 2;
  const ranked = [...new Set(names)].flatMap((name) => {
    const rank = rankOf(wanted, name.toLowerCase(), allowed);
    return rank === undefined ? [] : [{ name, rank }];
  });
  return ranked
    .toSorted((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
    .slice(0, most)
    .map(({ name }) => name);
}

function rankOf(wanted: string, name: string, allowed: number): number | undefined {
  if (name === '' || wanted === '') return undefined;
  if (Math.abs(name.length - wanted.length) <= allowed) {
    const errors = typingErrors(wanted, name);
    if (errors <= allowed) return errors;
  }
  if (wanted.length >= 3 && name.includes(wanted)) return name.startsWith(wanted) ? 3 : 4;
  return undefined;
}

/** Letters to add, drop, replace or swap with their neighbour. */
function typingErrors(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      const swapped =
        i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
          ? before[j - 2]! + 1
          : Number.POSITIVE_INFINITY;
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same, swapped);
    }
    before = row;
    row = next;
  }
  return row[other.length]!;
}
