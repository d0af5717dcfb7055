/** Two configurations, setting by setting. A list is one setting, since its order counts. */

export interface SettingDifference {
  /** `tiers.small.maxRunners` */
  readonly path: string;
  /** As JSON; undefined: it was not set. */
  readonly before?: string;
  readonly after?: string;
}

/** @param before and after configurations as JSON */
export function settingDifferences(before: string, after: string): SettingDifference[] {
  const [one, other] = [settingsOf(before), settingsOf(after)];
  const paths = [...new Set([...one.keys(), ...other.keys()])];
  const changed = paths.filter((path) => one.get(path) !== other.get(path));
  const differences = changed.map((path) => ({
    path,
    ...(one.has(path) ? { before: one.get(path)! } : {}),
    ...(other.has(path) ? { after: other.get(path)! } : {}),
  }));
  const [first, second] = [tierOrder(before), tierOrder(after)];
  const isReordered = first.join() !== second.join() && first.toSorted().join() === second.toSorted().join();
  return isReordered
    ? [...differences, { path: 'tiers, in order', before: first.join(', '), after: second.join(', ') }]
    : differences;
}

export const isSameConfiguration = (one: string, other: string): boolean =>
  settingDifferences(one, other).length === 0;

function settingsOf(configuration: string): Map<string, string> {
  const settings = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    const entries =
      typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    if (entries.length === 0) settings.set(path, canonical(value));
    for (const [name, entry] of entries) walk(entry, path === '' ? name : `${path}.${name}`);
  };
  walk(JSON.parse(configuration), '');
  return settings;
}

/** The order of a record's keys matters only for tiers, the smallest of which comes first. */
function tierOrder(configuration: string): string[] {
  const { tiers } = JSON.parse(configuration) as { tiers?: object };
  return Object.keys(tiers ?? {});
}

/** Entries of lists compare without regard to the order of their keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${canonical(entry)}`).join(',')}}`;
}
