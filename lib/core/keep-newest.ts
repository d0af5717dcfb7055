/**
 * Puts an entry into a map of at most `most` entries: if there are more, the one set longest ago is
 * removed.
 */
export function keepNewest<Key, Value>(
  map: Map<Key, Value>,
  { key, value, most }: { readonly key: Key; readonly value: Value; readonly most: number },
): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > most && !oldest.done) map.delete(oldest.value);
}
