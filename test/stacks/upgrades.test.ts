/**
 * An upgrade never replaces what keeps state, a failed first deploy leaves nothing in the way of the next, and a new account
 * with the smallest quotas can take the deploy: read from the templates.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { configWith, defaultConfig, thirtyTiers } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { synthesized } from './assembly.ts';
import { harmOf, keptResources, type RecordedResource } from './recorded-state.ts';

const record: RecordedResource[] = JSON.parse(
  readFileSync(new URL('recorded-state.json', import.meta.url), 'utf8'),
);
const kmsKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
const options = {
  kmsKeyArn,
  permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/b',
  network: { nat: true },
};
const configurations = [
  ['as delivered', defaultConfig],
  ['in another environment', configWith({ environment: 'other' })],
  ['with thirty tiers', thirtyTiers],
  ['with every option of an account', configWith(options)],
] as const;
const app = synthesized(defaultConfig);
afterAll(() => app.dispose());

describe('an upgrade', () => {
  it.each(configurations)('%s replaces nothing that keeps state', (_, config) => {
    const other = synthesized(config);
    const now = keptResources(other, config.environment);
    other.dispose();
    expect(harmOf(record, now)).toEqual([]);
  });

  it('compares every table and secret with the recorded ones', () => {
    const kept = app.resources().filter(({ Type }) => /::(Table|Secret)$/.test(Type));
    expect(record.map(({ logicalId }) => logicalId)).toEqual(
      expect.arrayContaining(kept.map(({ id }) => id)),
    );
  });

  const [table, ...others] = record;
  const changed = (changes: Partial<RecordedResource>) => [{ ...table!, ...changes }, ...others];
  it.each([
    ['loses a table', others, /is gone from the template.*its rows .* would stay behind/],
    ['renames a logical id', changed({ logicalId: 'Other' }), /is gone from the template/],
    ['renames a table', changed({ fixed: { ...table!.fixed, TableName: 'x' } }), /has another TableName/],
    [
      'gives a table other keys',
      changed({ fixed: { ...table!.fixed, KeySchema: [] } }),
      /has another KeySchema/,
    ],
    [
      'describes the group of machines anew',
      record.map((resource) =>
        resource.type === 'AWS::EC2::SecurityGroup'
          ? { ...resource, fixed: { GroupDescription: 'x' } }
          : resource,
      ),
      /has another GroupDescription: .*CloudFormation would refuse the deploy/,
    ],
    ['no longer keeps a table', changed({ deletionPolicy: 'Delete' }), /is no longer kept as it was: Delete/],
    ['adds a table', [...record, { ...table!, logicalId: 'New' }], /is new: add it to the record/],
  ])('that %s is told what that would destroy', (_, now, message) => {
    expect(harmOf(record, now)).toEqual(expect.arrayContaining([expect.stringMatching(message)]));
  });
});

describe('a failed first deploy', () => {
  it('keeps nothing: what is kept later is deleted again with the stack that could not be made', () => {
    const kept = app.resources().filter(({ DeletionPolicy }) => /Retain/.test(String(DeletionPolicy)));
    expect(kept.length).toBeGreaterThanOrEqual(8);
    expect(new Set(kept.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(
      new Set(['RetainExceptOnCreate']),
    );
  });

  it("has not filled the bucket: the syncer's trigger is created last", () => {
    const all = app.resources(undefined, 'control-plane');
    const rule = all.find(({ Properties }) => String(Properties?.Name).endsWith('-runner-syncer'))!;
    const needed = new Set((rule as { DependsOn?: string[] }).DependsOn);
    const later = all.filter(
      ({ id, Type }) => id !== rule.id && !needed.has(id) && Type !== 'AWS::CDK::Metadata',
    );
    // That the rule may call the function, which names the rule.
    expect(later.map(({ Type }) => Type)).toEqual(['AWS::Lambda::Permission']);
    expect(JSON.stringify(later)).toContain(rule.id);
  });

  it('leaves no log group behind, and no function can recreate one', () => {
    for (const { DeletionPolicy } of nonEmpty(app.resources('AWS::Logs::LogGroup')))
      expect(DeletionPolicy).toBe('Delete');
    expect(JSON.stringify(app.resources('AWS::IAM::Role'))).not.toContain('logs:CreateLogGroup');
  });

  it('leaves no name occupied by a secret that waits for deletion, or by a bucket that is not empty', () => {
    for (const { Properties } of nonEmpty(app.resources('AWS::SecretsManager::Secret'))) {
      expect(Properties.Name).toBeUndefined();
    }
    for (const { Properties } of nonEmpty(app.resources('AWS::S3::Bucket')))
      expect(Properties.BucketName).toBeUndefined();
  });
});

describe('a new account with the smallest quotas', () => {
  it('accepts the deploy: nothing in it exceeds a quota', () => {
    const countOf = (type: string) => app.resources(type).length;
    // Of five each, one VPC and its gateway being there from the start.
    expect([countOf('AWS::EC2::VPC'), countOf('AWS::EC2::InternetGateway')]).toEqual([1, 1]);
    expect([countOf('AWS::EC2::EIP'), countOf('AWS::EC2::NatGateway')]).toEqual([0, 0]);
    const functions = app.resources('AWS::Lambda::Function').map(({ Properties }) => Properties);
    expect(functions.filter((each) => each.ReservedConcurrentExecutions !== undefined)).toEqual([]);
    for (const { MemorySize } of nonEmpty(functions)) expect(MemorySize).toBeLessThanOrEqual(3008);
    const rules = app.resources('AWS::EC2::SecurityGroup')[0]!.Properties.SecurityGroupEgress;
    expect(rules.length).toBeLessThanOrEqual(60);
  });
});
