/** What an organization asks of its accounts holds for everything that the stacks make, whoever made it. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { configWith, defaultConfig } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { listOf, statementsByFunction, synthesized } from './assembly.ts';

const key = 'arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
const boundary = 'arn:aws:iam::123456789012:policy/boundary';
const tiers = { ...defaultConfig.tiers, small: { ...defaultConfig.tiers['small'], spot: true } };
const everythingAsked = configWith({
  tiers,
  kmsKeyArn: key,
  permissionsBoundaryArn: boundary,
  logRetentionDays: 7,
  machineImages: { keep: 5 },
  reservedConcurrency: { 'scale-up': 15, webhook: 20 },
});
const plain = synthesized(defaultConfig);
const asked = synthesized(everythingAsked);
afterAll(() => {
  plain.dispose();
  asked.dispose();
});

const propertiesOf = (type: string, app = asked) => app.resources(type).map(({ Properties }) => Properties);

describe("the operator's own key", () => {
  it('encrypts tables, queues, secrets, logs, disks and the topic', () => {
    for (const { SSESpecification } of nonEmpty(propertiesOf('AWS::DynamoDB::Table'))) {
      expect(SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key });
    }
    const queues = propertiesOf('AWS::SQS::Queue');
    expect(queues.length).toBeGreaterThan(8);
    for (const { KmsMasterKeyId } of nonEmpty(queues)) expect(KmsMasterKeyId).toBe(key);
    for (const { KmsKeyId } of nonEmpty(propertiesOf('AWS::SecretsManager::Secret')))
      expect(KmsKeyId).toBe(key);
    for (const { KmsKeyId } of nonEmpty(propertiesOf('AWS::Logs::LogGroup'))) expect(KmsKeyId).toBe(key);
    for (const { KmsMasterKeyId } of nonEmpty(propertiesOf('AWS::SNS::Topic')))
      expect(KmsMasterKeyId).toBe(key);
    for (const { LaunchTemplateData } of nonEmpty(propertiesOf('AWS::EC2::LaunchTemplate'))) {
      expect(LaunchTemplateData.BlockDeviceMappings[0].Ebs).toMatchObject({ Encrypted: true, KmsKeyId: key });
    }
  });

  it('is never created, and is used only if configured', () => {
    expect([...plain.resources('AWS::KMS::Key'), ...asked.resources('AWS::KMS::Key')]).toEqual([]);
    expect(JSON.stringify(plain.resources())).not.toMatch(/kms:|KmsKeyId|KmsMasterKeyId|KMSMasterKeyId/);
  });

  it('can be used by each function only through the services that it is granted', () => {
    const ofKey = [...statementsByFunction(asked, 'my-saas')].flatMap(([name, statements]) => {
      const granted = statements.flatMap(({ Action }) => listOf(Action));
      const own = statements.filter(({ Action }) => listOf(Action)[0]!.startsWith('kms:'));
      return own.map(({ Resource, Condition }) => ({ name, granted, Resource, Condition }));
    });
    for (const { name, granted, Resource, Condition } of nonEmpty(ofKey)) {
      expect(Resource).toBe(key);
      for (const via of nonEmpty(listOf<string>(Condition.StringEquals['kms:ViaService']))) {
        const [service] = /^[a-z0-9]+(?=\.us-east-1\.amazonaws\.com$)/.exec(via) ?? [];
        expect([name, granted.some((action) => action.startsWith(`${service}:`))]).toEqual([name, true]);
      }
    }
  });

  it('can be granted only to disks, and only by functions that launch machines', () => {
    const lending = [...statementsByFunction(asked, 'my-saas')].filter(([, statements]) =>
      statements.some(({ Action }) => listOf(Action).includes('kms:CreateGrant')),
    );
    expect(lending.map(([name]) => name).sort()).toEqual(['scale-up', 'sweep']);
    for (const [, statements] of nonEmpty(lending)) {
      const lend = statements.find(({ Action }) => Action === 'kms:CreateGrant')!;
      expect(lend.Condition.Bool).toEqual({ 'kms:GrantIsForAWSResource': 'true' });
    }
  });
});

describe('encryption in transit', () => {
  it.each([
    ['by default', plain],
    ['under a key', asked],
  ])('allows only TLS to queues and the topic, %s', (_, app) => {
    const deny = expect.objectContaining({
      Effect: 'Deny',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    const policies = propertiesOf('AWS::SQS::QueuePolicy', app);
    expect(policies).toHaveLength(app.resources('AWS::SQS::Queue').length);
    const topics = propertiesOf('AWS::SNS::TopicPolicy', app);
    expect(topics).toHaveLength(app.resources('AWS::SNS::Topic').length);
    for (const { PolicyDocument } of nonEmpty([...policies, ...topics])) {
      expect(PolicyDocument.Statement).toContainEqual(deny);
    }
  });
});

describe('a permissions boundary', () => {
  it('is on every role of every stack', () => {
    const roles = propertiesOf('AWS::IAM::Role');
    expect(roles.length).toBeGreaterThan(6);
    for (const { PermissionsBoundary } of nonEmpty(roles)) expect(PermissionsBoundary).toBe(boundary);
    expect(JSON.stringify(plain.resources())).not.toContain('PermissionsBoundary');
  });
});

describe('logs', () => {
  it('are kept for the configured time', () => {
    for (const { RetentionInDays } of nonEmpty(propertiesOf('AWS::Logs::LogGroup')))
      expect(RetentionInDays).toBe(7);
    for (const { RetentionInDays } of nonEmpty(propertiesOf('AWS::Logs::LogGroup', plain))) {
      expect(RetentionInDays).toBe(30);
    }
  });
});

describe('concurrency', () => {
  const reserved = (app: typeof plain) =>
    Object.fromEntries(
      propertiesOf('AWS::Lambda::Function', app).flatMap(
        ({ FunctionName, ReservedConcurrentExecutions: copies }) =>
          copies === undefined ? [] : [[FunctionName, copies]],
      ),
    );

  it('is reserved for no function by default, so that a new account with ten copies accepts the deploy', () => {
    expect(reserved(plain)).toEqual({});
    const provisioned = plain.resources().filter(({ Type }) => /::(Version|Alias)$/.test(Type));
    expect(provisioned).toEqual([]);
  });

  it('is reserved if configured', () => {
    expect(reserved(asked)).toEqual({ 'my-saas-scale-up': 15, 'my-saas-webhook': 20 });
  });
});
