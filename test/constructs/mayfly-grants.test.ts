/** That a grant of the construct gives exactly the actions it states, on exactly the rows it is about. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { App, Stack } from 'aws-cdk-lib/core';
import { Mayfly, managedAttributes } from '../../lib/index.ts';
import { nonEmpty } from '../support/non-empty.ts';

const outdir = mkdtempSync(join(tmpdir(), 'mayfly-grants-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const app = new App({ outdir, context: { '@aws-cdk/core:defaultCrossStackReferences': 'strong' } });
const env = { region: 'us-east-1' };
const mayfly = new Mayfly(new Stack(app, 'Platform', { env }), 'Runners', {
  environment: 'ci',
  observability: false,
});
const tools = new Stack(app, 'Tools', { env });

function givenTool(id: string): Role {
  return new Role(tools, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
}

const granted = {
  readTenants: mayfly.grantReadTenants(givenTool('ReadTenants')),
  manageTenants: mayfly.grantManageTenants(givenTool('ManageTenants')),
  readJobs: mayfly.grantReadJobs(givenTool('ReadJobs')),
  readRunners: mayfly.grantReadRunners(givenTool('ReadRunners')),
};

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

const policies = Object.values(Template.fromStack(tools).findResources('AWS::IAM::Policy'));

function statementsOf(role: string): Statement[] {
  const ofRole = policies.filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(`"${role}`));
  return ofRole.flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]);
}

const read = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Scan'];
const readIndex = ['dynamodb:Query', 'dynamodb:Scan'];

/** `tenants`, `tenants/index/by-account`: what an ARN, imported from the platform's stack, is about. */
const tableOf = (resource: unknown) => {
  const text = JSON.stringify(resource);
  const table = /State(tenants|jobs|launches|runners|notes)table/.exec(text)?.[1];
  const index = /\/index\/[a-z*-]+/.exec(text)?.[0] ?? '';
  return `${table}${index}`;
};

const shown = (role: string) =>
  statementsOf(role).map(({ Action, Resource, Condition }) => ({
    actions: Action,
    about: [Resource].flat().map(tableOf),
    condition: Condition,
  }));

describe('a grant', () => {
  it('of reading tenants reads their table and its index', () => {
    expect(shown('ReadTenants')).toEqual([
      { actions: read, about: ['tenants'], condition: undefined },
      { actions: readIndex, about: ['tenants/index/by-account'], condition: undefined },
    ]);
  });

  it('of managing tenants also updates what an operator may change, and no lease', () => {
    const update = {
      actions: 'dynamodb:UpdateItem',
      about: ['tenants'],
      condition: { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': managedAttributes } },
    };
    const statements = shown('ManageTenants');
    expect(statements).toEqual(expect.arrayContaining([...shown('ReadTenants'), update]));
    expect(statements).toHaveLength(3);
    expect(managedAttributes).toEqual(expect.arrayContaining(['status', 'max_runners', 'updated_at']));
    expect(managedAttributes.filter((name) => name.startsWith('leases'))).toEqual([]);
  });

  it('of reading jobs reads their table and its index', () => {
    expect(shown('ReadJobs')).toEqual([
      { actions: read, about: ['jobs'], condition: undefined },
      { actions: readIndex, about: ['jobs/index/pending'], condition: undefined },
    ]);
  });

  it('of reading runners reads their table, which has no index', () => {
    expect(shown('ReadRunners')).toEqual([{ actions: read, about: ['runners'], condition: undefined }]);
  });

  it('lets the grantee through the key of a table that has one, by DynamoDB alone', () => {
    const stack = new Stack(new App({ outdir: join(outdir, 'keyed') }), 'Keyed', { env });
    const encryptionKey = new Key(stack, 'Key');
    const keyed = new Mayfly(stack, 'Runners', { environment: 'ci', observability: false, encryptionKey });
    keyed.grantReadJobs(new Role(stack, 'Tool', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));

    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Action: 'kms:Decrypt',
            Effect: 'Allow',
            Resource: stack.resolve(encryptionKey.keyArn),
            Condition: { StringEquals: { 'kms:ViaService': 'dynamodb.us-east-1.amazonaws.com' } },
          },
        ]),
      },
    });
  });

  it('says that it was given', () => {
    for (const grant of nonEmpty(Object.values(granted))) expect(grant.success).toBe(true);
  });
});
