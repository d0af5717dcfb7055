/** What the IAM log records: the statement that was needed, and only that. */
import { describe, expect, it } from '@jest/globals';
import { findRefusal } from '../../../../lib/local/aws/iam/authorize.ts';
import { IamLog } from '../../../../lib/local/aws/iam/iam-log.ts';
import type { PolicyStatement, Principal } from '../../../../lib/local/aws/service.ts';

const reading: PolicyStatement = {
  Sid: 'Read',
  Effect: 'Allow',
  Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
  Resource: ['arn:aws:sqs:us-east-1:1:a', 'arn:aws:sqs:us-east-1:1:b*'],
};

function ask(statements: readonly PolicyStatement[], action: string, queue: string): IamLog {
  const iam = new IamLog();
  const caller: Principal = {
    accessKeyId: 'key',
    name: 'worker',
    arn: 'arn:worker',
    isOperator: false,
    policies: [{ Statement: statements }],
  };
  const question = { action, resource: `arn:aws:sqs:us-east-1:1:${queue}`, context: {} };
  findRefusal(caller, [question], { region: 'us-east-1', accountId: '1', iam });
  return iam;
}

describe('the IAM log', () => {
  it('names the statement, the action, and the resource as the statement writes it', () => {
    expect(ask([reading], 'sqs:ReceiveMessage', 'b2').uses()).toEqual([
      { caller: 'worker', sid: 'Read', action: 'sqs:ReceiveMessage', resource: 'arn:aws:sqs:us-east-1:1:b*' },
    ]);
  });

  it('credits neither of two statements that allow the same', () => {
    const twice = [reading, { ...reading, Sid: 'Again', Action: 'sqs:ReceiveMessage' }];
    expect(ask(twice, 'sqs:ReceiveMessage', 'a').uses()).toEqual([]);
    expect(ask(twice, 'sqs:DeleteMessage', 'a').uses()).toMatchObject([{ sid: 'Read' }]);
  });

  it('records refusals, and credits nothing for them', () => {
    const iam = ask([reading], 'sqs:SendMessage', 'a');
    expect(iam.uses()).toEqual([]);
    expect(iam.denials()).toEqual([
      { caller: 'worker', action: 'sqs:SendMessage', resource: 'arn:aws:sqs:us-east-1:1:a' },
    ]);
  });
});
