/**
 * The instance types of all tiers, as a condition takes them, in as many letters as a role has room for: each type by its
 * name, or else each family (`m5.*`), or else what families begin with (`m*`).
 */

/** Of the list as JSON, which stands twice in a role. */
const mostLetters = 120;

export function typePatterns(instanceTypes: readonly string[]): string[] {
  const sorted = (names: readonly string[]) => [...new Set(names)].sort();
  const types = sorted(instanceTypes);
  const families = sorted(types.map((type) => `${type.split('.')[0]}.*`));
  const beginnings = sorted(types.map((type) => `${/^[a-z]+/.exec(type)?.[0] ?? type}*`));
  return [types, families].find((names) => JSON.stringify(names).length <= mostLetters) ?? beginnings;
}
