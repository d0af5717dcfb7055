import { describe, expect, it } from '@jest/globals';
import { dynamodbQuestions } from '../../../lib/local/aws/dynamodb-questions.ts';
import type { AwsCall } from '../../../lib/local/aws/service.ts';

const arn = 'arn:aws:dynamodb:us-east-1:123456789012:table';

function asked(action: string, input: Record<string, unknown>): string[] {
  const call = { action, input, region: 'us-east-1', accountId: '123456789012' } as unknown as AwsCall;
  return dynamodbQuestions(call).map((question) => `${question.action} ${question.resource}`);
}

describe('dynamodbQuestions', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['GetItem', { TableName: 'jobs' }, [`dynamodb:GetItem ${arn}/jobs`]],
    ['GetItem', { TableName: `${arn}/jobs` }, [`dynamodb:GetItem ${arn}/jobs`]],
    ['Scan', { TableName: 'jobs', IndexName: 'pending' }, [`dynamodb:Scan ${arn}/jobs/index/pending`]],
    ['ListTables', {}, ['dynamodb:ListTables *']],
    ['TagResource', { ResourceArn: `${arn}/jobs` }, [`dynamodb:TagResource ${arn}/jobs`]],
    [
      'BatchWriteItem',
      { RequestItems: { jobs: [], runners: [] } },
      [`dynamodb:BatchWriteItem ${arn}/jobs`, `dynamodb:BatchWriteItem ${arn}/runners`],
    ],
    [
      'TransactWriteItems',
      {
        TransactItems: [
          { Update: { TableName: 'tenants' } },
          { Update: { TableName: 'tenants' } },
          { ConditionCheck: { TableName: 'jobs' } },
        ],
      },
      [`dynamodb:UpdateItem ${arn}/tenants`, `dynamodb:ConditionCheckItem ${arn}/jobs`],
    ],
    [
      'TransactGetItems',
      { TransactItems: [{ Get: { TableName: 'jobs' } }] },
      [`dynamodb:GetItem ${arn}/jobs`],
    ],
    [
      'ExecuteStatement',
      { Statement: 'select a, b from "jobs"."pending" where x=1' },
      [`dynamodb:PartiQLSelect ${arn}/jobs/index/pending`],
    ],
    ['ExecuteStatement', { Statement: 'DELETE FROM jobs WHERE x=1' }, [`dynamodb:PartiQLDelete ${arn}/jobs`]],
    [
      'BatchExecuteStatement',
      {
        Statements: [{ Statement: 'UPDATE "dev-jobs" SET a=1' }, { Statement: 'UPDATE "dev-jobs" SET a=2' }],
      },
      [`dynamodb:PartiQLUpdate ${arn}/dev-jobs`],
    ],
    [
      'ExecuteTransaction',
      {
        TransactStatements: [
          { Statement: `INSERT INTO "jobs" value {'x':1}` },
          { Statement: 'EXISTS(SELECT * FROM "runners" WHERE x=1)' },
        ],
      },
      [`dynamodb:PartiQLInsert ${arn}/jobs`, `dynamodb:PartiQLSelect ${arn}/runners`],
    ],
  ])('%s %j', (action, input, questions) => {
    expect(asked(action, input)).toEqual(questions);
  });

  it.each<[string, Record<string, unknown>]>([
    ['ExecuteStatement', { Statement: 'DROP TABLE jobs' }],
    ['TransactWriteItems', { TransactItems: [{ Upsert: { TableName: 'jobs' } }] }],
    ['TransactWriteItems', {}],
  ])('refuses to guess for %s %j', (action, input) => {
    expect(() => asked(action, input)).toThrow(expect.objectContaining({ code: 'ValidationException' }));
  });
});
