/** What must hold for everything that keeps state: its keys, its encryption, and that no deploy takes it away. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { tables } from '../../lib/contract/tables.ts';
import { defaultConfig } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { synthesized } from './assembly.ts';

const app = synthesized(defaultConfig);
afterAll(() => app.dispose());

const tableNamed = (suffix: string) =>
  app.resources('AWS::DynamoDB::Table').find((table) => table.Properties.TableName === `my-saas-${suffix}`)!;

const key = (name: string, KeyType: string) => ({ AttributeName: name, KeyType });

describe('the tables', () => {
  it('match the contract', () => {
    const names = app.resources('AWS::DynamoDB::Table').map((table) => table.Properties.TableName);
    expect(names).toEqual(Object.values(tables).map(({ suffix }) => `my-saas-${suffix}`));
  });

  it.each(Object.keys(tables))(
    '%s has AWS’s free key, point-in-time recovery and on-demand billing, and is never replaced',
    (suffix) => {
      const table = tableNamed(suffix);
      expect(table.Properties).toMatchObject({
        SSESpecification: { SSEEnabled: false },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        BillingMode: 'PAY_PER_REQUEST',
      });
      expect(table).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    },
  );

  it('tenants has the key of the seed, and an index by account', () => {
    const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = tableNamed('tenants').Properties;
    expect(KeySchema).toEqual([key('installation_id', 'HASH')]);
    expect(AttributeDefinitions).toContainEqual({ AttributeName: 'installation_id', AttributeType: 'N' });
    // Keys alone: whatever else an index holds is paid for again at each write.
    const Projection = { ProjectionType: 'KEYS_ONLY' };
    const index = { IndexName: 'by-account', KeySchema: [key('account_id', 'HASH')], Projection };
    expect(GlobalSecondaryIndexes).toEqual([index]);
  });

  it('jobs have a local index of pending ones, which can be read consistently', () => {
    const { LocalSecondaryIndexes, GlobalSecondaryIndexes, TimeToLiveSpecification } =
      tableNamed('jobs').Properties;
    expect(LocalSecondaryIndexes).toMatchObject([
      { IndexName: 'pending', KeySchema: [key('installation_id', 'HASH'), key('pending', 'RANGE')] },
    ]);
    expect(GlobalSecondaryIndexes).toBeUndefined();
    expect(TimeToLiveSpecification).toEqual({ AttributeName: 'expires_at', Enabled: true });
  });

  it('launches have an index by deadline, and machines none: an index costs writes', () => {
    expect(tableNamed('launches').Properties.GlobalSecondaryIndexes).toMatchObject([
      { IndexName: 'overdue', KeySchema: [key('open', 'HASH'), key('deadline', 'RANGE')] },
    ]);
    expect(tableNamed('runners').Properties.GlobalSecondaryIndexes).toBeUndefined();
  });

  it('usage is found by day and machine', () => {
    const { KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes } = tableNamed('usage').Properties;
    expect(KeySchema).toEqual([key('day', 'HASH'), key('machine', 'RANGE')]);
    expect([GlobalSecondaryIndexes, LocalSecondaryIndexes]).toEqual([undefined, undefined]);
  });

  it.each(Object.keys(tables))('%s expire, unless they are tenants or the audit', (suffix) => {
    const isKept = ['tenants', 'audit'].includes(suffix);
    const expected = isKept ? undefined : { AttributeName: 'expires_at', Enabled: true };
    expect(tableNamed(suffix).Properties.TimeToLiveSpecification).toEqual(expected);
  });
});

describe('the audit', () => {
  const { DeletionProtectionEnabled, ResourcePolicy } = tableNamed('audit').Properties;

  it('is protected, and denies changing or deleting a row to everybody', () => {
    expect(DeletionProtectionEnabled).toBe(true);
    const [statement, ...others] = ResourcePolicy.PolicyDocument.Statement;
    expect(others).toEqual([]);
    expect(statement).toMatchObject({ Effect: 'Deny', Principal: { AWS: '*' } });
    expect(statement.Condition).toBeUndefined();
    const changing = ['UpdateItem', 'DeleteItem', 'BatchWriteItem', 'PartiQLUpdate', 'PartiQLDelete'];
    expect(statement.Action).toEqual(changing.map((action) => `dynamodb:${action}`));
    expect(JSON.stringify(statement.Resource)).toContain(':table/my-saas-audit');
  });

  it('accepts rows only from functions that change tenants', () => {
    const policies = app.resources('AWS::IAM::Role').flatMap(({ Properties }) => Properties.Policies ?? []);
    const inline = app.resources('AWS::IAM::Policy').map(({ Properties }) => Properties);
    const actions = [...policies, ...inline]
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .filter(({ Sid }) => Sid === 'Audit')
      .flatMap(({ Action }) => Action);
    // PartiQLInsert adds rows, and fails where there is one of that key.
    expect(new Set(actions)).toEqual(
      new Set(['dynamodb:PutItem', 'dynamodb:PartiQLInsert', 'dynamodb:Query']),
    );
  });
});

describe('the secrets', () => {
  const secrets = app.resources('AWS::SecretsManager::Secret');

  it('are four, without names that a deleted one could still occupy', () => {
    expect(secrets).toHaveLength(4);
    for (const secret of nonEmpty(secrets)) expect(secret.Properties.Name).toBeUndefined();
  });

  it('are generated for webhook, tickets and setup links, 40 characters or more', () => {
    const generated = secrets.flatMap((secret) => secret.Properties.GenerateSecretString ?? []);
    expect(generated).toHaveLength(3);
    for (const how of nonEmpty(generated)) {
      expect(how.PasswordLength).toBeGreaterThanOrEqual(40);
      expect(how.ExcludePunctuation).toBe(true);
    }
  });

  it("leave the App's value to `mayfly setup`", () => {
    const app = secrets.find((secret) => secret.Properties.SecretString !== undefined)!;
    expect(JSON.parse(app.Properties.SecretString)).toEqual({});
  });
});
