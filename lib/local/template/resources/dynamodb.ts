/** DynamoDB tables: created with CreateTable on the engine, including keys, indexes and time to live. */
import type { PolicyDocument } from '../../aws/service.ts';
import { type Registry, withoutEffect } from '../resource-type.ts';

const indexes = {
  IndexName: true,
  KeySchema: true,
  Projection: true,
  ContributorInsightsSpecification: 'there is no CloudWatch here',
} as const;

export const dynamodbTypes: Registry = {
  'AWS::DynamoDB::Table': {
    properties: {
      TableName: true,
      AttributeDefinitions: true,
      KeySchema: true,
      BillingMode: true,
      GlobalSecondaryIndexes: indexes,
      LocalSecondaryIndexes: indexes,
      TimeToLiveSpecification: { AttributeName: true, Enabled: true },
      OnDemandThroughput: 'the engine here has no throughput to bound',
      PointInTimeRecoverySpecification: withoutEffect.retention,
      DeletionProtectionEnabled: withoutEffect.protection,
      SSESpecification: {
        SSEEnabled: withoutEffect.encryption,
        SSEType: withoutEffect.encryption,
        KMSMasterKeyId: true,
      },
      ResourcePolicy: { PolicyDocument: true },
      TableClass: 'classes differ in price only',
      Tags: withoutEffect.tags,
    },
    attributes: ['Arn'],
    async create({ properties, generatedName }, cloud) {
      const TableName: string = properties['TableName'] ?? generatedName();
      const timeToLive = properties['TimeToLiveSpecification'];
      await cloud.tables.create(
        {
          TableName,
          AttributeDefinitions: properties['AttributeDefinitions'],
          KeySchema: properties['KeySchema'],
          BillingMode: 'PAY_PER_REQUEST',
          ...bare('GlobalSecondaryIndexes', properties),
          ...bare('LocalSecondaryIndexes', properties),
        },
        timeToLive?.Enabled ? timeToLive.AttributeName : undefined,
      );
      const Arn = `arn:aws:dynamodb:${cloud.region}:${cloud.accountId}:table/${TableName}`;
      const key = properties['SSESpecification']?.KMSMasterKeyId;
      if (key !== undefined) cloud.keys.protect(Arn, String(key));
      const policy = properties['ResourcePolicy']?.PolicyDocument as PolicyDocument | undefined;
      if (policy) cloud.tables.setPolicy(TableName, policy);
      return { ref: TableName, attributes: { Arn } };
    },
  },
};

/** Indexes as CreateTable takes them; left out where there are none, since an empty list is refused. */
function bare(name: string, properties: Readonly<Record<string, unknown>>) {
  const list = properties[name] as
    | { IndexName: string; KeySchema: unknown; Projection: unknown }[]
    | undefined;
  if (!list?.length) return {};
  return {
    [name]: list.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection })),
  };
}
