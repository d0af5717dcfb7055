/**
 * EventBridge patterns: which events match a rule. Lists of values, `prefix`, `exists` and `anything-but`; any other
 * content filter is an error when the rule is created, since an ignored filter would let too much through.
 * Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export type EventPattern = { readonly [field: string]: EventPattern | readonly unknown[] };

const knownFilters = ['prefix', 'exists', 'anything-but'];

/** @throws Error that names what is not supported */
export function checkPattern(pattern: EventPattern, path = ''): void {
  for (const [field, wanted] of Object.entries(pattern)) {
    const place = path ? `${path}.${field}` : field;
    if (!Array.isArray(wanted)) {
      if (field.startsWith('$') || typeof wanted !== 'object') {
        throw new Error(`The event pattern has ${place}; only fields with lists of values are understood.`);
      }
      checkPattern(wanted as EventPattern, place);
      continue;
    }
    for (const filter of wanted.filter((entry) => typeof entry === 'object' && entry !== null)) {
      const name = Object.keys(filter as object).join(', ');
      if (!knownFilters.includes(name)) {
        throw new Error(
          `The event pattern filters ${place} by ${name}; known are ${knownFilters.join(', ')}.`,
        );
      }
    }
  }
}

export function matchesPattern(pattern: EventPattern, event: unknown): boolean {
  const fields = (typeof event === 'object' && event !== null ? event : {}) as Record<string, unknown>;
  return Object.entries(pattern).every(([field, wanted]) =>
    Array.isArray(wanted)
      ? [fields[field]].flat().some((value) => wanted.some((entry) => matchesValue(entry, value)))
      : matchesPattern(wanted as EventPattern, fields[field]),
  );
}

function matchesValue(wanted: unknown, value: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === value;
  const filter = wanted as { prefix?: string; exists?: boolean; 'anything-but'?: unknown };
  if (filter.prefix !== undefined) return typeof value === 'string' && value.startsWith(filter.prefix);
  if (filter.exists !== undefined) return (value !== undefined) === filter.exists;
  return value !== undefined && ![filter['anything-but']].flat().includes(value);
}
