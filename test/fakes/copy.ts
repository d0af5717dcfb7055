/**
 * A deep copy of a row: plain objects, arrays, maps and sets of them. `structuredClone` does the same and takes several
 * times as long, which was most of what the simulator did. What is no plain data is refused, as a store would.
 */
export function copyOf<Value>(value: Value): Value {
  return copy(value) as Value;
}

function copy(value: unknown): unknown {
  if (typeof value === 'function') throw new TypeError(`A row holds data, and this is a function: ${value}`);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map(Array.from(value, ([key, entry]) => [copy(key), copy(entry)]));
  if (value instanceof Set) return new Set(Array.from(value, copy));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return structuredClone(value);
  const made: Record<string, unknown> = {};
  for (const key in value) made[key] = copy((value as Record<string, unknown>)[key]);
  return made;
}
