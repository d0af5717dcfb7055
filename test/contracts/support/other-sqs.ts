/** Somebody else's imitation of SQS, with four queues for each test, read by plain SQS calls. */
import { randomUUID } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createAwsJson } from '../../../lib/adapters/aws-json/caller.ts';
import { createArrivals } from '../../../lib/adapters/sqs/arrivals.ts';
import { createQueues } from '../../../lib/adapters/sqs/queues.ts';
import { parseMessage } from '../../../lib/contract/messages.ts';
import type { QueuesWorld } from '../queues.contract.ts';

export async function onOtherSqs(url: string): Promise<QueuesWorld> {
  const region = 'eu-west-1';
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SQSClient({ endpoint: url, region, credentials });
  const variables = {
    AWS_REGION: region,
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const create = async (name: string) => {
    const answer = await client.send(new CreateQueueCommand({ QueueName: `${name}-${randomUUID()}` }));
    return answer.QueueUrl ?? '';
  };
  const urls = {
    small: await create('small'),
    lifecycle: await create('lifecycle'),
    completions: await create('completions'),
    installations: await create('installations'),
  };
  const { small, ...shared } = urls;
  return {
    queues: createQueues({
      sqs: createAwsJson({ service: 'sqs', variables }),
      urls: { tiers: { small }, ...shared },
    }),
    arrivals: createArrivals({ sqs: createAwsJson({ service: 'sqs', variables }), tierUrls: { small } }),
    showAgain: async (taken) => {
      for (const { receipt: ReceiptHandle } of taken) {
        const shown = { QueueUrl: small, ReceiptHandle, VisibilityTimeout: 0 };
        await client.send(new ChangeMessageVisibilityCommand(shown));
      }
    },
    take: (queue) => take(client, urls[queue]),
    close: async () => client.destroy(),
  };
}

async function take(client: SQSClient, QueueUrl: string) {
  const ask = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const] };
  const { Messages = [] } = await client.send(new ReceiveMessageCommand(ask));
  for (const { ReceiptHandle } of Messages) {
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
  return Messages.map(({ Body = '', Attributes }) => ({
    message: parseMessage(Body),
    group: Attributes?.MessageGroupId,
  }));
}
