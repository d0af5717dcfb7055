/**
 * What outlives every deploy: the tables and the secrets. Nothing here may be renamed or moved, because CloudFormation
 * would replace it, and nothing is deleted with its stack except after a failed first deploy.
 */
import {
  type Attribute,
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { tables } from '../../contract/tables.ts';
import { keyOf } from './encryption.ts';

/** Deleted after a failed first deploy, so that the next one can create it; kept ever after. */
const keep = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

export interface StateProps {
  readonly environment: string;
  /** Default: AWS's own keys. */
  readonly kmsKeyArn?: string;
}

export class State extends Construct {
  readonly tenants: Table;
  readonly jobs: Table;
  readonly launches: Table;
  readonly runners: Table;
  readonly notes: Table;
  readonly usage: Table;
  readonly audit: Table;
  readonly controllers: Table;
  readonly webhookSecret: Secret;
  readonly ticketSecret: Secret;
  readonly appSecret: Secret;
  readonly setupSecret: Secret;

  constructor(scope: Construct, id: string, { environment, kmsKeyArn }: StateProps) {
    super(scope, id);
    const kept = { environment, key: keyOf(this, kmsKeyArn) };
    this.tenants = createTable(this, kept, tables.tenants);
    this.jobs = createTable(this, kept, tables.jobs);
    this.launches = createTable(this, kept, tables.launches);
    this.runners = createTable(this, kept, tables.runners);
    this.notes = createTable(this, kept, tables.notes);
    this.usage = createTable(this, kept, tables.usage);
    this.audit = createAuditTable(this, kept);
    this.controllers = createTable(this, kept, tables.controllers);
    this.webhookSecret = createSecret(this, 'WebhookSecret', 'Signs the webhooks that GitHub sends', kept);
    this.ticketSecret = createSecret(this, 'TicketSecret', 'Signs the launch tickets of machines', kept);
    this.appSecret = createAppSecret(this, kept);
    this.setupSecret = createSecret(this, 'SetupSecret', 'Signs the links that open the setup page', kept);
  }
}

interface Key {
  readonly name: string;
  readonly type: 'S' | 'N';
}

/** The shape of an entry of `tables`. */
interface TableSchema {
  readonly suffix: string;
  readonly partitionKey: Key;
  readonly sortKey?: Key;
  readonly timeToLive?: string;
  readonly deletionProtection?: boolean;
  readonly indexes: Readonly<
    Record<string, { readonly name: string; readonly partitionKey?: Key; readonly sortKey?: Key }>
  >;
}

interface Kept {
  readonly environment: string;
  readonly key: IKey | undefined;
}

function createTable(scope: Construct, { environment, key }: Kept, schema: TableSchema): Table {
  const table = new Table(scope, `${schema.suffix}-table`, {
    tableName: `${environment}-${schema.suffix}`,
    partitionKey: attribute(schema.partitionKey),
    ...(schema.sortKey ? { sortKey: attribute(schema.sortKey) } : {}),
    ...(schema.timeToLive ? { timeToLiveAttribute: schema.timeToLive } : {}),
    billingMode: BillingMode.PAY_PER_REQUEST,
    ...(key
      ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }
      : // DynamoDB's owned key: an AWS-managed one bills a KMS request for what its five minutes of cache do not cover.
        { encryption: TableEncryption.DEFAULT }),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    ...(schema.deletionProtection ? { deletionProtection: true } : {}),
    removalPolicy: keep,
  });
  for (const { name, partitionKey, sortKey } of Object.values(schema.indexes)) {
    if (partitionKey) {
      table.addGlobalSecondaryIndex({
        indexName: name,
        // A larger projection would make each write of a row cost twice; whoever queries it reads the rows afterwards.
        projectionType: ProjectionType.KEYS_ONLY,
        partitionKey: attribute(partitionKey),
        ...(sortKey ? { sortKey: attribute(sortKey) } : {}),
      });
    } else if (sortKey) {
      const projectionType = ProjectionType.ALL;
      table.addLocalSecondaryIndex({ indexName: name, projectionType, sortKey: attribute(sortKey) });
    }
  }
  return table;
}

/**
 * No policy may allow anyone to change or delete a row of it, or the table. Rows can only be added, and only under new
 * keys: IAM cannot express that, so the code that adds rows checks it.
 */
function createAuditTable(scope: Construct, kept: Kept): Table {
  const table = createTable(scope, kept, { ...tables.audit, deletionProtection: true });
  const denied = [
    'dynamodb:UpdateItem',
    'dynamodb:DeleteItem',
    'dynamodb:BatchWriteItem',
    'dynamodb:PartiQLUpdate',
    'dynamodb:PartiQLDelete',
  ];
  table.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AppendOnly',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: denied,
      // By name: CloudFormation would find a cycle if the policy referred to the table's own ARN.
      resources: [
        Stack.of(scope).formatArn({
          service: 'dynamodb',
          resource: 'table',
          resourceName: `${kept.environment}-${tables.audit.suffix}`,
        }),
      ],
    }),
  );
  return table;
}

const attribute = ({ name, type }: Key): Attribute => ({
  name,
  type: type === 'N' ? AttributeType.NUMBER : AttributeType.STRING,
});

function createSecret(scope: Construct, id: string, description: string, { key }: Kept): Secret {
  return new Secret(scope, id, {
    description,
    generateSecretString: { passwordLength: 48, excludePunctuation: true },
    ...(key ? { encryptionKey: key } : {}),
    removalPolicy: keep,
  });
}

/** CloudFormation writes once that there is no App; what `mayfly setup` stores survives every later deploy. */
function createAppSecret(scope: Construct, { key }: Kept): Secret {
  return new Secret(scope, 'AppSecret', {
    description: 'The GitHub App: JSON with appId and privateKey. Written by npx mayfly setup',
    secretStringValue: SecretValue.unsafePlainText('{}'),
    ...(key ? { encryptionKey: key } : {}),
    removalPolicy: keep,
  });
}
