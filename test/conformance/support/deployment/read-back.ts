/**
 * What AWS's interfaces say of a resource after its deploy, in the words of its template, so that the two can be compared.
 * One reader for each type; types without one are named by the check.
 */
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ListTagsOfResourceCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  GetEventSourceMappingCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetFunctionUrlConfigCommand,
  LambdaClient,
  ListTagsCommand,
} from '@aws-sdk/client-lambda';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, ListQueueTagsCommand, SQSClient } from '@aws-sdk/client-sqs';

export type Held = Readonly<Record<string, unknown>>;
export type Reader = (physicalId: string) => Promise<Held>;

/** What AWS takes and never gives back. */
export const writeOnly: readonly string[] = [
  'AWS::Lambda::Function.Code',
  'AWS::SecretsManager::Secret.GenerateSecretString',
  'AWS::SecretsManager::Secret.SecretString',
];

export function createReaders(endpoint: string): Readonly<Record<string, Reader>> {
  const lambda = new LambdaClient({ endpoint });
  const secrets = new SecretsManagerClient({ endpoint });
  return {
    'AWS::DynamoDB::Table': readTable(new DynamoDBClient({ endpoint })),
    'AWS::SQS::Queue': readQueue(new SQSClient({ endpoint })),
    'AWS::Lambda::Function': readFunction(lambda),
    'AWS::Lambda::Url': async (id) => {
      const held = await lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: id }));
      return { ...held, TargetFunctionArn: held.FunctionArn };
    },
    'AWS::Lambda::EventSourceMapping': async (id) => {
      const held = await lambda.send(new GetEventSourceMappingCommand({ UUID: id }));
      return {
        ...held,
        FunctionName: held.FunctionArn,
        ...(await tagsOf(lambda, held.EventSourceMappingArn)),
      };
    },
    'AWS::EC2::LaunchTemplate': readLaunchTemplate(new EC2Client({ endpoint })),
    'AWS::SecretsManager::Secret': async (id) => ({
      ...(await secrets.send(new DescribeSecretCommand({ SecretId: id }))),
    }),
  };
}

function readFunction(client: LambdaClient): Reader {
  return async (FunctionName) => {
    const configuration = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const concurrency = await client.send(new GetFunctionConcurrencyCommand({ FunctionName }));
    return { ...configuration, ...concurrency, ...(await tagsOf(client, configuration.FunctionArn)) };
  };
}

async function tagsOf(client: LambdaClient, Resource: string | undefined): Promise<Held> {
  if (!Resource) return {};
  return { Tags: tagList((await client.send(new ListTagsCommand({ Resource }))).Tags) };
}

const tagList = (tags: Readonly<Record<string, string>> = {}) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

function readLaunchTemplate(client: EC2Client): Reader {
  return async (id) => {
    const ask = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id });
    const { LaunchTemplateVersions = [] } = await client.send(ask);
    const templates = await client.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [id] }));
    const Tags = templates.LaunchTemplates?.[0]?.Tags;
    return {
      ...LaunchTemplateVersions[0],
      TagSpecifications: [{ ResourceType: 'launch-template', Tags }],
    };
  };
}

function readQueue(client: SQSClient): Reader {
  return async (url) => {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
    const { Attributes = {} } = await client.send(command);
    const { Tags } = await client.send(new ListQueueTagsCommand({ QueueUrl: url }));
    const { RedrivePolicy, QueueArn = '' } = Attributes;
    return {
      ...Attributes,
      Tags: tagList(Tags),
      QueueName: QueueArn.split(':').at(-1),
      ...(RedrivePolicy ? { RedrivePolicy: JSON.parse(RedrivePolicy) } : {}),
    };
  };
}

function readTable(client: DynamoDBClient): Reader {
  return async (TableName) => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    const backups = await client.send(new DescribeContinuousBackupsCommand({ TableName }));
    const timeToLive = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    const tags = await client.send(new ListTagsOfResourceCommand({ ResourceArn: Table?.TableArn }));
    const { AttributeName, TimeToLiveStatus } = timeToLive.TimeToLiveDescription ?? {};
    const recovery = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
    return {
      ...Table,
      Tags: tags.Tags,
      BillingMode: Table?.BillingModeSummary?.BillingMode,
      SSESpecification: { SSEEnabled: Table?.SSEDescription?.Status === 'ENABLED' },
      PointInTimeRecoverySpecification: {
        PointInTimeRecoveryEnabled: recovery?.PointInTimeRecoveryStatus === 'ENABLED',
      },
      TimeToLiveSpecification: { AttributeName, Enabled: TimeToLiveStatus === 'ENABLED' },
    };
  };
}
