/**
 * What a loop of expectations iterates over. Over an empty list such a loop proves nothing, so this throws if the
 * list is empty; test/docs/loops.test.ts finds loops that do not use it.
 */
export function nonEmpty<Item>(items: Iterable<Item>): Item[] {
  const found = [...items];
  if (found.length === 0)
    throw new Error('There is nothing to look at, so these expectations prove nothing.');
  return found;
}
