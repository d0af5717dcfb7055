/**
 * A tenant's policy in words, with the names that the options of `mayfly tenant set` use, and the differences between
 * two policies as before → after.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Attributes } from '../../adapters/dynamodb/attributes.ts';
import { difference } from '../../adapters/dynamodb/audit.ts';
import { capAttributes, microsOf } from '../../adapters/dynamodb/spend-row.ts';
import type { PolicyAttribute } from '../../contract/tenant-policy.ts';
import { dollarAmount } from '../../core/micros.ts';

/** The name that operators use, and the text for an absent value. */
const words: Readonly<Record<string, readonly [name: string, absent: string]>> = {
  status: ['status', '-'],
  status_before_deletion: ['status before deletion', '-'],
  suspended_by: ['suspended by', '-'],
  tier: ['plan', '-'],
  max_runners: ['max runners', '-'],
  tier_limits: ['tier limits', "the tiers' own"],
  allowed_tiers: ['allowed tiers', 'all'],
  weight: ['weight', '1'],
  runner_level: ['level', 'auto'],
  runner_group: ['group', "the deployment's"],
  keep_runner_group: ["group's repositories kept in sync", 'no'],
  allowed_repositories: ['repositories', 'all'],
  allow_public_repositories: ['public repositories', "as GitHub's settings say"],
  spend_cap: ['monthly spend cap', 'none'],
  daily_cap: ['daily spend cap', 'none'],
  spend_strict: ['strict spending', "as the deployment's"],
  account_login: ['login', '-'],
} satisfies Readonly<Record<PolicyAttribute | 'account_login', readonly [string, string]>>;

const booleans: Readonly<Record<string, readonly [string, string]>> = {
  allow_public_repositories: ['allowed', 'refused'],
  keep_runner_group: ['yes', 'no'],
  spend_strict: ['on', 'off'],
};

export interface Line {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** A line for each policy attribute that differs. */
export function differenceLines(one: Attributes, other: Attributes): Line[] {
  const { before, after } = difference(one, other);
  return changeLines(before, after);
}

/** In the order above, then the others by name: DynamoDB returns the entries of a map in any order. */
const inOrder = (names: readonly string[]): string[] => {
  const known = Object.keys(words).filter((name) => names.includes(name));
  return [...known, ...names.filter((name) => !known.includes(name)).toSorted()];
};

/** For attributes that are known to differ. */
export const changeLines = (before: Attributes, after: Attributes): Line[] =>
  inOrder(Object.keys({ ...before, ...after })).map((name) => ({
    name: words[name]?.[0] ?? name,
    before: valueText(name, before[name]),
    after: valueText(name, after[name]),
  }));

const isCap = (name: string) => capAttributes.some((attribute) => attribute === name);

export const lineText = ({ name, before, after }: Line) => `  ${name}: ${before} → ${after}`;

function valueText(name: string, value: AttributeValue | undefined): string {
  if (value === undefined || value.NULL) return words[name]?.[1] ?? '-';
  const amount = isCap(name) && value.N !== undefined ? microsOf(value.N) : undefined;
  if (amount !== undefined) return dollarAmount(amount);
  if (value.BOOL !== undefined) return booleans[name]?.[value.BOOL ? 0 : 1] ?? String(value.BOOL);
  if (value.M) {
    const entries = Object.entries(value.M).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(([key, entry]) => `${key}=${entry.N ?? entry.S ?? '?'}`).join(', ') || 'none';
  }
  const members = value.SS ?? value.NS ?? value.L?.map((entry) => entry.S ?? entry.N ?? '?');
  return members ? members.toSorted().join(', ') || 'none' : (value.S ?? value.N ?? '?');
}
