import { describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../lib/local/aws/service.ts';
import { createStsService } from '../../../lib/local/aws/sts.ts';

const call = (action: string) =>
  ({
    action,
    accountId: '123456789012',
    caller: { name: 'operator', arn: 'arn:aws:iam::123456789012:user/operator' },
  }) as unknown as AwsCall;

describe('STS', () => {
  it('tells callers who they are', async () => {
    const { body } = await createStsService().handle(call('GetCallerIdentity'));
    expect(body).toContain('<Arn>arn:aws:iam::123456789012:user/operator</Arn>');
    expect(body).toContain('<Account>123456789012</Account>');
  });

  it('offers no other call', async () => {
    await expect(createStsService().handle(call('AssumeRole'))).rejects.toThrow(/has no AssumeRole/);
  });
});
