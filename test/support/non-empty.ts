/**
 * What a loop of expectations goes over. Over nothing such a loop proves nothing, so this throws where nothing is there;
 * test/docs/loops.test.ts finds loops that go without it.
 */
export function nonEmpty<Item>(items: Iterable<Item>): Item[] {
  const found = [...items];
  if (found.length === 0)
    throw new Error('There is nothing to look at, so these expectations prove nothing.');
  return found;
}
