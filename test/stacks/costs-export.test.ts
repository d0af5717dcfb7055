/** What must hold for the bucket of AWS's bill: only AWS's service writes to it, for the account that pays, and it is off by default. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { configWith, defaultConfig } from '../config/configurations.ts';
import { deliveryPolicy } from '../support/costs-export.ts';
import { synthesized } from './assembly.ts';

const seed = synthesized(defaultConfig);
const own = synthesized(configWith({ costsExport: {} }));
const payer = '210987654321';
const paidElsewhere = synthesized(configWith({ costsExport: { payerAccount: payer } }));
afterAll(() => {
  for (const app of [seed, own, paidElsewhere]) app.dispose();
});

const bucketsOf = (app: typeof seed) =>
  app.resources('AWS::S3::Bucket').filter(({ Properties }) => Properties.BucketName !== undefined);
const policyOf = (app: typeof seed) =>
  app
    .resources('AWS::S3::BucketPolicy')
    .map(({ Properties }) => Properties.PolicyDocument.Statement)
    .find((statements) => JSON.stringify(statements).includes('bcm-data-exports'));

describe("the bucket of AWS's bill", () => {
  it('does not exist by default', () => {
    expect(bucketsOf(seed)).toEqual([]);
    expect(JSON.stringify(seed.resources())).not.toContain('bcm-data-exports');
  });

  it('is encrypted, closed to the public, cleaned up by age, and stays behind when its stack goes', () => {
    const [{ Properties, DeletionPolicy } = {} as never, ...others] = bucketsOf(own);
    expect(others).toEqual([]);
    expect(JSON.stringify(Properties.BucketName)).toContain('my-saas-costs-');
    const [rule] = Properties.BucketEncryption.ServerSideEncryptionConfiguration;
    expect(rule.ServerSideEncryptionByDefault).toEqual({ SSEAlgorithm: 'AES256' });
    expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    expect(Properties.LifecycleConfiguration.Rules).toEqual([
      { ExpirationInDays: 400, Prefix: 'bill/', Status: 'Enabled' },
    ]);
    expect(DeletionPolicy).toBe('RetainExceptOnCreate');
  });

  it("can be written only by AWS's service, on behalf of the account that pays", () => {
    const [closed, open, ...others] = policyOf(paidElsewhere);
    expect(others).toEqual([]);
    expect(closed).toMatchObject({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    const { Resource, ...rest } = open;
    const [{ Resource: _, ...documented } = {} as never] = [deliveryPolicy('bucket', payer).Statement].flat();
    expect(rest).toEqual(documented);
    expect(JSON.stringify(Resource)).toContain('/*');
  });

  it('admits its own account if no other one pays', () => {
    const [, open] = policyOf(own);
    expect(JSON.stringify(open.Condition)).toContain('AWS::AccountId');
  });
});
