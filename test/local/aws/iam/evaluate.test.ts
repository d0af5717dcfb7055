import { describe, expect, it } from '@jest/globals';
import { evaluate, explain } from '../../../../lib/local/aws/iam/evaluate.ts';
import type { IamQuestion, PolicyDocument, PolicyStatement } from '../../../../lib/local/aws/service.ts';
import { fc } from '../../../support/properties.ts';

const table = 'arn:aws:dynamodb:us-east-1:123456789012:table/dev-tenants';

const question = (changes: Partial<IamQuestion> = {}): IamQuestion => ({
  action: 'dynamodb:GetItem',
  resource: table,
  context: {},
  ...changes,
});
const policy = (...statements: PolicyStatement[]): PolicyDocument => ({ Statement: statements });
const allow = (changes: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Effect: 'Allow',
  Action: 'dynamodb:GetItem',
  Resource: table,
  ...changes,
});

describe('evaluate', () => {
  it.each<[string, PolicyStatement, string]>([
    ['exactly the action and resource', allow(), 'allowed'],
    ['an action in another case', allow({ Action: 'DynamoDB:getitem' }), 'allowed'],
    ['a resource in another case', allow({ Resource: table.toUpperCase() }), 'implicitDeny'],
    ['a star in the action', allow({ Action: 'dynamodb:Get*' }), 'allowed'],
    ['a question mark for one character', allow({ Action: 'dynamodb:?etItem' }), 'allowed'],
    ['a question mark for no character', allow({ Action: 'dynamodb:GetItem?' }), 'implicitDeny'],
    ['a star alone', allow({ Action: '*', Resource: '*' }), 'allowed'],
    ['a star across colons and slashes', allow({ Resource: 'arn:*tenants' }), 'allowed'],
    ['a dot that is only a dot', allow({ Resource: table.replace('-', '.') }), 'implicitDeny'],
    ['another action', allow({ Action: 'dynamodb:PutItem' }), 'implicitDeny'],
    ['another resource', allow({ Resource: `${table}/index/by-account` }), 'implicitDeny'],
    ['one of several actions', allow({ Action: ['dynamodb:PutItem', 'dynamodb:GetItem'] }), 'allowed'],
    ['one of several resources', allow({ Resource: ['arn:aws:s3:::x', table] }), 'allowed'],
    ['a deny', { ...allow(), Effect: 'Deny' }, 'explicitDeny'],
    ['an action among NotAction', not(allow(), 'Action', 'dynamodb:Get*'), 'implicitDeny'],
    ['an action outside NotAction', not(allow(), 'Action', 'dynamodb:Put*'), 'allowed'],
    ['a resource among NotResource', not(allow(), 'Resource', table), 'implicitDeny'],
    ['a resource outside NotResource', not(allow(), 'Resource', ['arn:aws:s3:::x']), 'allowed'],
  ])('decides on %s', (_, statement, verdict) => {
    expect(evaluate([policy(statement)], question())).toBe(verdict);
  });

  it('accepts a single statement without a list', () => {
    expect(evaluate([{ Statement: allow() }], question())).toBe('allowed');
  });

  it('denies if there is no policy at all', () => {
    expect(evaluate([], question())).toBe('implicitDeny');
  });

  it.each<[string, PolicyStatement, RegExp]>([
    ['without a resource', { Effect: 'Allow', Action: '*' }, /either Resource or NotResource/],
    ['with Action and NotAction', allow({ NotAction: 'x' }), /either Action or NotAction/],
    ['with a policy variable', allow({ Resource: ['a/$', '{aws:username}'].join('') }), /aws:username/],
    ['with an unknown effect', { ...allow(), Effect: 'Permit' as 'Allow' }, /Permit/],
    ['with an unknown operator', allow({ Condition: { IpAddress: { a: 'b' } } }), /IpAddress/],
    ['with an inherited name', allow({ Condition: { toString: { a: 'b' } } }), /toString/],
  ])('refuses a statement %s, and says why', (_, statement, reason) => {
    const explanation = explain([policy(allow(), { Sid: 'Odd', ...statement })], question());
    expect(explanation.verdict).toBe('explicitDeny');
    expect(explanation.reason).toMatch(/Odd/);
    expect(explanation.reason).toMatch(reason);
  });

  it('is affected by an unknown operator only where its statement applies', () => {
    const elsewhere = allow({ Action: 's3:*', Condition: { IpAddress: { a: 'b' } } });
    expect(evaluate([policy(allow(), elsewhere)], question())).toBe('allowed');
  });
});

describe('evaluate, whatever the policies', () => {
  const statements = fc.array(
    fc.record({
      Effect: fc.constantFrom('Allow' as const, 'Deny' as const),
      Action: fc.constantFrom('*', 'dynamodb:*', 'dynamodb:GetItem', 'sqs:*'),
      Resource: fc.constantFrom('*', table, 'arn:aws:sqs:*'),
    }),
    { maxLength: 6 },
  );

  it('lets a deny win wherever it is', () => {
    fc.assert(
      fc.property(statements, fc.nat(), (list, place) => {
        const denied = [...list];
        denied.splice(place % (list.length + 1), 0, { Effect: 'Deny', Action: '*', Resource: '*' });
        expect(evaluate([policy(...denied)], question())).toBe('explicitDeny');
      }),
    );
  });

  it('decides the same in any order, and over one policy or several', () => {
    fc.assert(
      fc.property(statements, (list) => {
        const verdict = evaluate([policy(...list)], question());
        expect(evaluate([policy(...list.toReversed())], question())).toBe(verdict);
        const apart = list.map((statement) => policy(statement));
        expect(evaluate(apart, question())).toBe(verdict);
      }),
    );
  });

  it('never allows what no statement allows', () => {
    fc.assert(
      fc.property(statements, (list) => {
        const denials = list.map((statement) => ({ ...statement, Effect: 'Deny' as const }));
        expect(evaluate([policy(...denials)], question())).not.toBe('allowed');
      }),
    );
  });
});

function not(
  statement: PolicyStatement,
  field: 'Action' | 'Resource',
  value: string | string[],
): PolicyStatement {
  const { [field]: _, ...rest } = statement;
  return { ...rest, [`Not${field}`]: value };
}
