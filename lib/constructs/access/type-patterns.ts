/**
 * The instance types of all tiers as a condition's value, as precisely as a role's size allows: each type by name, or
 * each family (`m5.*`), or the first letters of families (`m*`).
 */

/** Characters of the list as JSON, which appears twice in a role. */
const mostLetters = 120;

export function typePatterns(instanceTypes: readonly string[]): string[] {
  const sorted = (names: readonly string[]) => [...new Set(names)].sort();
  const types = sorted(instanceTypes);
  const families = sorted(types.map((type) => `${type.split('.')[0]}.*`));
  const beginnings = sorted(types.map((type) => `${/^[a-z]+/.exec(type)?.[0] ?? type}*`));
  return [types, families].find((names) => JSON.stringify(names).length <= mostLetters) ?? beginnings;
}
