/** Round robin over a changing list: continues after the last one served, ordered by key. */

/**
 * At most `count` items, those behind `after` first, then from the start again; each once. Keys compare as
 * strings.
 */
export function nextInTurn<Item>(
  items: readonly Item[],
  turn: {
    readonly keyOf: (item: Item) => string;
    readonly after: string | undefined;
    readonly count: number;
  },
): Item[] {
  const { keyOf, after, count } = turn;
  const compare = (one: Item, other: Item) => (keyOf(one) < keyOf(other) ? -1 : 1);
  const ordered = items.toSorted(compare);
  const start = after === undefined ? 0 : ordered.findIndex((item) => keyOf(item) > after);
  const turned = start <= 0 ? ordered : [...ordered.slice(start), ...ordered.slice(0, start)];
  return turned.slice(0, count);
}
