/**
 * What is wrong with the shape of a request, in words: what was given, and what is allowed. Every fault is named at once, and
 * of many the first ten; so are the fields that do not exist. A format's own error message completes the sentence "it must be …".
 */
import type { z } from '@hono/zod-openapi';
import { shown } from '../../lib/config/faults.ts';

type Issue = z.core.$ZodIssue;

/** A body of 192 KB can have thousands of faults. */
const mostNamed = 10;

export interface ShapeFaults {
  readonly text: string;
  /** Of the first. */
  readonly field?: string;
}

export interface Checked {
  /** `json`, `query`, `param`, or `header`. */
  readonly target: string;
  readonly data?: unknown;
}

export function shapeFaults(issues: readonly Issue[], checked: Checked): ShapeFaults {
  const distinct = issues.filter((issue, n) => !isSaidAgain(issue, issues[n + 1]));
  const sentences = distinct.slice(0, mostNamed).map((issue) => sentence(issue, checked));
  const more = distinct.length - sentences.length;
  const field = issues[0]?.path.join('.');
  return {
    text: [...sentences, ...(more > 0 ? [`${more} more.`] : [])].join(' '),
    ...(field ? { field } : {}),
  };
}

/** What zod says of whole numbers that JavaScript cannot hold exactly; if the number breaks its own bound too, that one counts. */
const isSaidAgain = (issue: Issue, next: Issue | undefined) =>
  'origin' in issue &&
  issue.origin === 'int' &&
  next?.code === issue.code &&
  next.path.join('.') === issue.path.join('.');

function sentence(issue: Issue, { target, data }: Checked): string {
  const name = issue.path.join('.') || (target === 'query' ? 'The query' : 'The body');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.slice(0, mostNamed).map((key) => shown(key));
    const more = issue.keys.length - keys.length;
    const which = more > 0 ? `${keys.join(', ')} and ${more} more` : keys.join(', ');
    return `${name} has no field ${which}; /v1/openapi.json has those that it may have.`;
  }
  if (issue.code === 'custom') return `${name}: ${issue.message}`;
  const value = issue.path.reduce<unknown>(inside, data);
  const is = value === undefined ? 'is missing' : `is ${shown(value)}`;
  return `${name} ${is}; it must be ${allowed(issue)}.`;
}

const inside = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;

function allowed(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return types[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? oneOf(issue.options) : issue.message;
    case 'too_small':
      return `${measure(issue.origin, 'at least', issue.minimum)}`;
    case 'too_big':
      return `${measure(issue.origin, 'at most', issue.maximum)}`;
    default:
      return issue.message;
  }
}

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const oneOf = (values: readonly unknown[]) => values.map((value) => shown(value)).join(' or ');

function measure(origin: string, side: string, bound: number | bigint): string {
  if (origin === 'string') return `a text of ${side} ${bound} ${bound === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `a list of ${side} ${bound} ${bound === 1 ? 'entry' : 'entries'}`;
  return `${side} ${bound}`;
}
