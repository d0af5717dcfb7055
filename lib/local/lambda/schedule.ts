/**
 * Schedule expressions of EventBridge rules: `rate(5 minutes)` and six-field `cron(…)` in UTC, by the minute. It refuses
 * what it cannot read; it must not run at other times than AWS would.
 * Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export type Schedule =
  | { readonly kind: 'rate'; readonly milliseconds: number }
  | { readonly kind: 'cron'; matches(time: Date): boolean };

const unitMilliseconds: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** @throws Error that says what was given and what is allowed */
export function parseSchedule(expression: string): Schedule {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate && Number(rate[1]) > 0) {
    return { kind: 'rate', milliseconds: Number(rate[1]) * unitMilliseconds[rate[2]!]! };
  }
  const cron = /^cron\((.+)\)$/.exec(expression);
  const fields = cron?.[1]?.trim().split(/\s+/) ?? [];
  if (fields.length === 6) return parseCron(expression, fields);
  throw new Error(
    `The schedule is ${expression}; allowed values are rate(n minutes|hours|days) and cron(six fields).`,
  );
}

/** Minutes, hours, day of month, month, day of week (1 is Sunday), year. */
const ranges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [1, 7],
  [1970, 2199],
] as const;
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

function parseCron(expression: string, fields: readonly string[]): Schedule {
  const sets = fields.map((field, index) => fieldValues(expression, field, index));
  return {
    kind: 'cron',
    matches(time) {
      const now = [
        time.getUTCMinutes(),
        time.getUTCHours(),
        time.getUTCDate(),
        time.getUTCMonth() + 1,
        time.getUTCDay() + 1,
        time.getUTCFullYear(),
      ];
      return sets.every((set, index) => set === 'any' || set.has(now[index]!));
    },
  };
}

function fieldValues(expression: string, field: string, index: number): ReadonlySet<number> | 'any' {
  if (field === '*' || field === '?') return 'any';
  const [lowest, highest] = ranges[index]!;
  const names = index === 3 ? monthNames : index === 4 ? dayNames : [];
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(\*|[A-Z]+|\d+)(?:-([A-Z]+|\d+))?(?:\/(\d+))?$/.exec(part);
    const first = match?.[1] === '*' ? lowest : numberOf(match?.[1], names);
    const last = match?.[2] ? numberOf(match[2], names) : match?.[1] === '*' || match?.[3] ? highest : first;
    const step = match?.[3] ? Number(match[3]) : 1;
    if (!match || !(first >= lowest) || !(last <= highest) || step < 1) {
      throw new Error(
        `In ${expression}, ${part} is not understood; allowed values are numbers from ${lowest} to ${highest}, ` +
          'ranges, lists, steps, * and ?.',
      );
    }
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return values;
}

function numberOf(word: string | undefined, names: readonly string[]): number {
  if (word === undefined) return Number.NaN;
  return names.includes(word) ? names.indexOf(word) + 1 : Number(word);
}
