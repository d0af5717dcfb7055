/**
 * One line of a statement's Condition block, as a test of a request's context. An unknown operator is never guessed:
 * compiling it throws, and the statement that contains it is refused as a whole.
 */
import type { IamQuestion } from '../service.ts';
import { arnWildcard, type Matcher, wildcard } from './wildcard.ts';

export type Context = IamQuestion['context'];
export type ConditionTest = (context: Context) => boolean;
export type ConditionValue = string | readonly string[] | boolean;

/** A positive operator, and whether the named one is its negation. */
interface Comparison {
  readonly compile: (expected: string) => Matcher;
  readonly negated: boolean;
}

const is = (compile: Comparison['compile']): Comparison => ({ compile, negated: false });
const isNot = (compile: Comparison['compile']): Comparison => ({ compile, negated: true });

const equals =
  (expected: string): Matcher =>
  (text) =>
    text === expected;
const equalsIgnoringCase = (expected: string): Matcher => {
  const lower = expected.toLowerCase();
  return (text) => text.toLowerCase() === lower;
};
const numeric = (compare: (given: number, expected: number) => boolean) => (expected: string) => {
  const bound = toNumber(expected);
  return (text: string) => compare(toNumber(text), bound);
};
/** NaN compares false with everything, as a text that is not a number should. */
const toNumber = (text: string) => (text.trim() === '' ? Number.NaN : Number(text));

const comparisons: Readonly<Record<string, Comparison>> = {
  StringEquals: is(equals),
  StringNotEquals: isNot(equals),
  StringEqualsIgnoreCase: is(equalsIgnoringCase),
  StringNotEqualsIgnoreCase: isNot(equalsIgnoringCase),
  StringLike: is((expected) => wildcard(expected)),
  StringNotLike: isNot((expected) => wildcard(expected)),
  ArnEquals: is(arnWildcard),
  ArnLike: is(arnWildcard),
  ArnNotEquals: isNot(arnWildcard),
  ArnNotLike: isNot(arnWildcard),
  Bool: is(equalsIgnoringCase),
  NumericEquals: is(numeric((given, bound) => given === bound)),
  NumericNotEquals: isNot(numeric((given, bound) => given === bound)),
  NumericLessThan: is(numeric((given, bound) => given < bound)),
  NumericLessThanEquals: is(numeric((given, bound) => given <= bound)),
  NumericGreaterThan: is(numeric((given, bound) => given > bound)),
  NumericGreaterThanEquals: is(numeric((given, bound) => given >= bound)),
};

/** @throws Error that names an unknown operator or policy variable */
export function compileCondition(operator: string, key: string, value: ConditionValue): ConditionTest {
  const expected = (Array.isArray(value) ? value : [value]).map(String);
  const lowerKey = key.toLowerCase();
  const variable = expected.find((text) => text.includes('${'));
  if (variable !== undefined) {
    throw new Error(`the value ${variable} of ${key} holds a policy variable, and none is known here`);
  }
  if (operator === 'Null') {
    return (context) => expected.includes(String(valuesOf(context, lowerKey) === undefined));
  }
  const { quantifier, name, ifExists } = parseOperator(operator);
  const comparison = Object.hasOwn(comparisons, name) ? comparisons[name] : undefined;
  if (!comparison) {
    throw new Error(
      `the condition operator ${operator} is not known; known are Null, ${Object.keys(comparisons).join(', ')}, ` +
        'with ForAllValues:, ForAnyValue: and IfExists',
    );
  }
  const matchers = expected.map((text) => comparison.compile(text));
  const matches = (text: string) => matchers.some((matcher) => matcher(text)) !== comparison.negated;
  return (context) => {
    const given = valuesOf(context, lowerKey);
    if (given === undefined) {
      return ifExists || quantifier === 'ForAllValues' || (comparison.negated && !quantifier);
    }
    if (quantifier === 'ForAllValues') return given.every(matches);
    if (quantifier === 'ForAnyValue') return given.some(matches);
    // A key with many values under a single-value operator: a negation must hold for all of them.
    return comparison.negated ? given.every(matches) : given.some(matches);
  };
}

function parseOperator(operator: string) {
  const [, quantifier, name, ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(operator) ?? [];
  return { quantifier, name: name ?? '', ifExists: ifExists !== undefined };
}

/** Condition keys are case-insensitive; `lowerKey` is in lower case. */
function valuesOf(context: Context, lowerKey: string): readonly string[] | undefined {
  const name = Object.hasOwn(context, lowerKey)
    ? lowerKey
    : Object.keys(context).find((key) => key.toLowerCase() === lowerKey);
  const value = name === undefined ? undefined : context[name];
  return typeof value === 'string' ? [value] : value;
}
