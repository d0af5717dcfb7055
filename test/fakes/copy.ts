/**
 * A deep copy of a row: plain objects, arrays, maps and sets of them. `structuredClone` does the same and takes several
 * times as long, which was most of what the simulator did. What is no plain data is refused, as a store would.
 */
export function copyOf<Value>(value: Value): Value {
  return copy(value) as Value;
}

/** Jest looks globals up slowly, by each name's use, and this is called a million times. */
const { isArray } = Array;
const { assign, getPrototypeOf, setPrototypeOf, prototype: plain } = Object;
const [PlainMap, PlainSet] = [Map, Set];

/**
 * Rows that are read far more often than they are written. Each is copied once, as it is stored, and frozen; readers then
 * share it, and whoever changes it gets a TypeError.
 */
export class FrozenRows<Key, Row extends object> extends Map<Key, Row> {
  override set(key: Key, row: Row): this {
    return super.set(key, shared.has(row) ? row : (freeze(copy(row)) as Row));
  }
}

/** What is frozen to its depth. */
const shared = new WeakSet<object>();

/** `Object.freeze` lets a map change. To define the methods on each map would take five times as long. */
const unchangeable = Object.create(
  PlainMap.prototype,
  Object.fromEntries(['set', 'delete', 'clear'].map((name) => [name, { value: refuseChange }])),
) as object;

function refuseChange(): never {
  throw new TypeError('This map is a part of a stored row: copy it before you change it.');
}

function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || shared.has(value)) return value;
  const entries = value instanceof PlainMap ? value.values() : Object.values(value);
  for (const entry of entries) freeze(entry);
  if (value instanceof PlainMap) setPrototypeOf(value, unchangeable);
  shared.add(Object.freeze(value));
  return value;
}

function copy(value: unknown): unknown {
  if (typeof value === 'function') throw new TypeError(`A row holds data, and this is a function: ${value}`);
  if (typeof value !== 'object' || value === null || shared.has(value)) return value;
  const prototype: unknown = getPrototypeOf(value);
  if (prototype === plain) return copyOfObject(value);
  if (isArray(value)) return value.map(copy);
  if (value instanceof PlainMap) return copyOfMap(value);
  if (value instanceof PlainSet) return copyOfSet(value);
  if (prototype !== null && getPrototypeOf(prototype) !== null) return structuredClone(value);
  return copyOfObject(value);
}

function copyOfObject(value: object): Record<string, unknown> {
  // It keeps the object's shape. A spread does so too, but takes five times as long where there are many shapes.
  const made = assign({}, value) as Record<string, unknown>;
  for (const key in made) {
    const entry = made[key];
    if (typeof entry === 'object' || typeof entry === 'function') made[key] = copy(entry);
  }
  return made;
}

function copyOfMap(map: ReadonlyMap<unknown, unknown>): Map<unknown, unknown> {
  const made = new PlainMap();
  for (const [key, entry] of map) made.set(copy(key), copy(entry));
  return made;
}

function copyOfSet(set: ReadonlySet<unknown>): Set<unknown> {
  const made = new PlainSet();
  for (const entry of set) made.add(copy(entry));
  return made;
}
