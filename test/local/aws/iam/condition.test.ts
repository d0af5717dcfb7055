import { describe, expect, it } from '@jest/globals';
import {
  type ConditionValue,
  type Context,
  compileCondition,
} from '../../../../lib/local/aws/iam/condition.ts';

const key = 'aws:requesttag/ghr:environment';
const arn = 'arn:aws:events:us-east-1:123456789012:rule/dev-instances';
const one = (value: string): Context => ({ [key]: value });
const many = (...values: string[]): Context => ({ [key]: values });
const absent: Context = {};

describe('compileCondition', () => {
  it.each<[string, ConditionValue, Context, boolean]>([
    ['StringEquals', 'dev', one('dev'), true],
    ['StringEquals', 'dev', one('Dev'), false],
    ['StringEquals', ['dev', 'prod'], one('prod'), true],
    ['StringEquals', 'd*', one('dev'), false],
    ['StringEquals', 'dev', absent, false],
    ['StringEqualsIfExists', 'dev', absent, true],
    ['StringEqualsIfExists', 'dev', one('prod'), false],
    ['StringNotEquals', 'dev', one('prod'), true],
    ['StringNotEquals', 'dev', one('dev'), false],
    ['StringNotEquals', ['dev', 'prod'], one('prod'), false],
    ['StringNotEquals', 'dev', absent, true],
    ['StringEqualsIgnoreCase', 'DEV', one('dev'), true],
    ['StringNotEqualsIgnoreCase', 'DEV', one('dev'), false],
    ['StringLike', 'd?v*', one('dev-1'), true],
    ['StringLike', 'd?v', one('dv'), false],
    ['StringNotLike', 'd*', one('dev'), false],
    ['StringNotLike', 'd*', one('prod'), true],
    ['ArnLike', 'arn:aws:events:*:123456789012:rule/dev-*', one(arn), true],
    ['ArnEquals', 'arn:aws:events:*:123456789012:rule/dev-*', one(arn), true],
    ['ArnLike', 'arn:*:rule/dev-instances', one(arn), false],
    ['ArnLike', '*', one(arn), true],
    ['ArnLike', arn, one('no arn'), false],
    ['ArnNotLike', 'arn:aws:events:*:*:rule/prod-*', one(arn), true],
    ['ArnNotEquals', arn, one(arn), false],
    ['Bool', true, one('true'), true],
    ['Bool', 'false', one('true'), false],
    ['Bool', 'true', absent, false],
    ['Null', 'true', absent, true],
    ['Null', true, one('x'), false],
    ['Null', 'false', one('x'), true],
    ['Null', 'false', absent, false],
    ['NumericEquals', '10', one('10.0'), true],
    ['NumericNotEquals', '10', one('11'), true],
    ['NumericLessThan', '10', one('9'), true],
    ['NumericLessThan', '10', one('10'), false],
    ['NumericLessThanEquals', '10', one('10'), true],
    ['NumericGreaterThan', '10', one('10'), false],
    ['NumericGreaterThanEquals', '10', one('10'), true],
    ['NumericLessThan', '10', one('nine'), false],
    ['NumericLessThan', '10', one(''), false],
    ['ForAllValues:StringEquals', ['a', 'b'], many('a', 'b'), true],
    ['ForAllValues:StringEquals', ['a', 'b'], many('a', 'c'), false],
    ['ForAllValues:StringEquals', ['a'], absent, true],
    ['ForAllValues:StringLike', ['a*', 'b'], many('ax', 'b'), true],
    ['ForAllValues:StringNotEquals', ['a'], many('a', 'b'), false],
    ['ForAnyValue:StringEquals', ['a', 'b'], many('c', 'b'), true],
    ['ForAnyValue:StringEquals', ['a', 'b'], many('c', 'd'), false],
    ['ForAnyValue:StringEquals', ['a'], absent, false],
    ['ForAnyValue:StringNotEquals', ['a'], many('a', 'b'), true],
    ['ForAnyValue:StringNotEquals', ['a'], absent, false],
    ['ForAnyValue:StringEqualsIfExists', ['a'], absent, true],
    ['StringNotEquals', 'a', many('a', 'b'), false],
  ])('%s %j of %j is %s', (operator, value, context, fits) => {
    expect(compileCondition(operator, key, value)(context)).toBe(fits);
  });

  it('compares keys case-insensitively on both sides', () => {
    const test = compileCondition('StringEquals', 'aws:RequestTag/ghr:Environment', 'dev');
    expect(test({ 'AWS:requesttag/GHR:environment': 'dev' })).toBe(true);
  });

  it.each(['DateLessThan', 'IpAddress', 'ForSomeValues:StringEquals', 'stringequals', 'BinaryEquals'])(
    'refuses the operator %s by name',
    (operator) => {
      expect(() => compileCondition(operator, key, 'x')).toThrow(operator);
    },
  );
});
