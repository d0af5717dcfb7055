import { describe, expect, it } from '@jest/globals';
import { evaluateResourcePolicy } from '../../../../lib/local/aws/iam/evaluate.ts';
import type { PolicyDocument, PolicyStatement } from '../../../../lib/local/aws/service.ts';

const queue = 'arn:aws:sqs:us-east-1:123456789012:dev-lifecycle';
const rule = 'arn:aws:events:us-east-1:123456789012:rule/dev-instances';

const fromEvents: PolicyStatement = {
  Effect: 'Allow',
  Principal: { Service: 'events.amazonaws.com' },
  Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'],
  Resource: queue,
  Condition: { ArnEquals: { 'aws:SourceArn': rule } },
};
const onlyEncrypted: PolicyStatement = {
  Effect: 'Deny',
  Principal: { AWS: '*' },
  Action: 'sqs:*',
  Resource: queue,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};

function verdictOn(
  statements: PolicyStatement[],
  asked: { service?: string; source?: string; secure?: string } = {},
) {
  const document: PolicyDocument = { Statement: statements };
  const context = { 'aws:sourcearn': asked.source ?? rule, 'aws:securetransport': asked.secure ?? 'true' };
  return evaluateResourcePolicy(document, {
    principalService: asked.service ?? 'events.amazonaws.com',
    question: { action: 'sqs:SendMessage', resource: queue, context },
  }).verdict;
}

describe('evaluateResourcePolicy', () => {
  it('allows the named service for the named source', () => {
    expect(verdictOn([fromEvents, onlyEncrypted])).toBe('allowed');
  });

  it('does not allow another service', () => {
    expect(verdictOn([fromEvents], { service: 'sns.amazonaws.com' })).toBe('implicitDeny');
  });

  it('does not allow another source', () => {
    expect(verdictOn([fromEvents], { source: `${rule}-other` })).toBe('implicitDeny');
  });

  it('lets a deny for everyone win', () => {
    expect(verdictOn([fromEvents, onlyEncrypted], { secure: 'false' })).toBe('explicitDeny');
  });

  it('treats a star as everyone', () => {
    expect(verdictOn([{ ...fromEvents, Principal: '*' }])).toBe('allowed');
  });

  it("does not let a service use a role's statement", () => {
    expect(verdictOn([{ ...fromEvents, Principal: { AWS: 'arn:aws:iam::1:role/x' } }])).toBe('implicitDeny');
  });
});
