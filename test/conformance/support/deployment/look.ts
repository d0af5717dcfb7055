/** What can be seen of a deployment through AWS's own interfaces, and the one thing that is changed to see it. */
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import {
  type LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { MayflyConfig } from '../../../../lib/config/config.ts';
import { tagKeys } from '../../../../lib/core/tags.ts';
import { until } from '../../../e2e/support/until.ts';

/** Functions of a stand-in start slowly on a busy machine. A message that failed once comes back after three minutes. */
export const patience = { withinMilliseconds: 240_000 };

export async function pauseSource(client: LambdaClient, queueName: string): Promise<() => Promise<void>> {
  const { EventSourceMappings = [] } = await client.send(new ListEventSourceMappingsCommand({}));
  const source = EventSourceMappings.find(({ EventSourceArn }) => EventSourceArn?.endsWith(`:${queueName}`));
  if (!source?.UUID) throw new Error(`No function has ${queueName} as its source.`);
  const { UUID } = source;
  const enable = async (Enabled: boolean) =>
    void (await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled })));
  await enable(false);
  return () => enable(true);
}

export async function row(
  client: DynamoDBClient,
  config: MayflyConfig,
  table: string,
  key: Readonly<Record<string, number>>,
) {
  const Key = Object.fromEntries(Object.entries(key).map(([name, value]) => [name, { N: String(value) }]));
  const TableName = `${config.environment}-${table}`;
  return (await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
}

/** The messages stay in the queue, and visible. */
export async function receive(client: SQSClient, queueName: string): Promise<Message[]> {
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queueName }));
  let messages: Message[] = [];
  const look = async () => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 0,
      MessageSystemAttributeNames: ['All'],
    });
    messages = (await client.send(command)).Messages ?? [];
    return messages.length > 0;
  };
  await until(`a message is in ${queueName}`, look, patience);
  return messages;
}

export async function machinesOf(client: EC2Client, environment: string) {
  const Filters = [{ Name: `tag:${tagKeys.environment}`, Values: [environment] }];
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}
