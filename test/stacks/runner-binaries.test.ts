/** What must hold for the bucket of runner programs: machines read it without credentials, and nobody else does. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { configWith, defaultConfig } from '../config/configurations.ts';
import { listOf, type Statement, statementsByFunction, synthesized } from './assembly.ts';

const app = synthesized(defaultConfig);
const subnet = { id: 'subnet-0123456789abcdef0', zone: 'us-east-1a' };
const existing = { vpcId: 'vpc-0123456789abcdef0', subnets: [subnet] };
const elsewhere = synthesized(configWith({ network: existing, runnerVersion: '2.337.0' }));
afterAll(() => {
  app.dispose();
  elsewhere.dispose();
});

const bucketOf = (of: typeof app) => of.resources('AWS::S3::Bucket')[0]!;
const policyOf = (of: typeof app): Statement[] =>
  of.resources('AWS::S3::BucketPolicy')[0]!.Properties.PolicyDocument.Statement;

describe('the bucket of runner programs', () => {
  it('has no name of its own, is encrypted, and is closed to the public', () => {
    const { Properties } = bucketOf(app);
    expect(Properties.BucketName).toBeUndefined();
    const [rule] = Properties.BucketEncryption.ServerSideEncryptionConfiguration;
    // What comes without credentials could not use another key.
    expect(rule.ServerSideEncryptionByDefault).toEqual({ SSEAlgorithm: 'AES256' });
    expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
  });

  it('stays behind when its stack goes, but not when a first deploy fails', () => {
    const { DeletionPolicy } = bucketOf(app);
    expect(DeletionPolicy).toBe('RetainExceptOnCreate');
  });

  it("can be read through the machines' endpoint, by TLS, and from nowhere else", () => {
    const [closed, open, ...others] = policyOf(app);
    expect(others).toEqual([]);
    expect(closed).toMatchObject({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    const [endpoint] = app.resources('AWS::EC2::VPCEndpoint');
    expect(open).toMatchObject({
      Effect: 'Allow',
      Action: 's3:GetObject',
      Condition: {
        StringEquals: { 'aws:SourceVpce': { 'Fn::ImportValue': expect.stringContaining(endpoint!.id) } },
      },
    });
    expect(JSON.stringify(open!.Resource)).toContain('/runner/*');
  });

  it('cannot be read from an existing network without an endpoint, whose machines ask GitHub', () => {
    expect(policyOf(elsewhere).map(({ Effect }) => Effect)).toEqual(['Deny']);
    const [template] = elsewhere.resources('AWS::EC2::LaunchTemplate');
    const script = JSON.stringify(template!.Properties.LaunchTemplateData.UserData);
    expect(script).toContain('RUNNER_BUCKET=\\"\\"');
    expect(script).toContain('releases/tags/v2.337.0');
  });
});

describe('the syncer', () => {
  const actions = (name: string) =>
    statementsByFunction(app, 'my-saas')
      .get(name)!
      .flatMap(({ Action }) => listOf(Action))
      .filter((action) => action.startsWith('s3:'));

  it('is the only one with access to the bucket, and cannot change the bucket itself', () => {
    expect(actions('runner-syncer')).toEqual([
      's3:GetObject',
      's3:PutObject',
      's3:DeleteObject',
      's3:ListBucket',
    ]);
    const others = [...statementsByFunction(app, 'my-saas').keys()].filter(
      (name) => name !== 'runner-syncer',
    );
    expect(others.flatMap(actions)).toEqual([]);
  });

  it('times out before it is called again', () => {
    const syncer = app
      .resources('AWS::Lambda::Function')
      .find(({ Properties }) => Properties.FunctionName === 'my-saas-runner-syncer');
    expect(syncer!.Properties.Timeout).toBeLessThan(15 * 60);
  });
});
