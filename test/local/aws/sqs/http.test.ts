import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type QueueWorld, sqsClient, startQueueWorld } from '../support.ts';

describe('SQS through the SDK', () => {
  let world: QueueWorld;
  let client: SQSClient;
  let QueueUrl: string;
  beforeEach(async () => {
    world = await startQueueWorld();
    client = sqsClient(world.endpoint);
    const created = await client.send(
      new CreateQueueCommand({ QueueName: 'jobs', Attributes: { VisibilityTimeout: '60' } }),
    );
    QueueUrl = created.QueueUrl!;
  });
  afterEach(() => world.close());

  const send = (MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const receive = async (input: { WaitTimeSeconds?: number } = {}) => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
      ...input,
    });
    return (await client.send(command)).Messages ?? [];
  };
  const attributes = async () => {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    return (await client.send(command)).Attributes;
  };

  it('carries a message with its group and attributes, checksums included', async () => {
    const origin = { DataType: 'String', StringValue: 'webhook' };
    const MessageAttributes = { origin };
    await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'a jöb', MessageGroupId: '42', MessageAttributes }),
    );
    const [message] = await receive();
    expect(message).toMatchObject({ Body: 'a jöb', Attributes: { MessageGroupId: '42' }, MessageAttributes });
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message!.ReceiptHandle }));
    expect(await attributes()).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      QueueArn: 'arn:aws:sqs:us-east-1:123456789012:jobs',
      VisibilityTimeout: '60',
    });
  });

  it('answers a long poll when a message arrives', async () => {
    const polling = receive({ WaitTimeSeconds: 20 });
    await send('a job');
    expect(await polling).toHaveLength(1);
  });

  it('sends and deletes batches, and lists the entries that failed', async () => {
    const Entries = ['1', '2'].map((Id) => ({ Id, MessageBody: `job ${Id}` }));
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const [first] = await receive();
    const deleted = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'good', ReceiptHandle: first!.ReceiptHandle },
          { Id: 'bad', ReceiptHandle: 'made up' },
        ],
      }),
    );
    expect(deleted.Successful).toEqual([{ Id: 'good' }]);
    expect(deleted.Failed).toMatchObject([{ Id: 'bad', Code: 'ReceiptHandleIsInvalid', SenderFault: true }]);
    expect((await attributes())?.['ApproximateNumberOfMessagesNotVisible']).toBe('1');
  });

  it("changes a message's visibility, only while it is in flight", async () => {
    await send('a job');
    const [message] = await receive();
    const visible = new ChangeMessageVisibilityCommand({
      QueueUrl,
      ReceiptHandle: message!.ReceiptHandle,
      VisibilityTimeout: 0,
    });
    await client.send(visible);
    await expect(client.send(visible)).rejects.toThrow(/not in flight/);
  });

  it('finds queues by name and by prefix', async () => {
    expect((await client.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))).QueueUrl).toBe(QueueUrl);
    await client.send(new CreateQueueCommand({ QueueName: 'letters' }));
    const listed = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'let' }));
    expect(listed.QueueUrls).toEqual([`${world.endpoint.url}/123456789012/letters`]);
  });

  it("accepts a queue's URL in AWS's form", async () => {
    const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/jobs';
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a job' }));
    expect(world.sqs.counts('jobs').visible).toBe(1);
  });

  it('purges', async () => {
    await send('a job');
    await client.send(new PurgeQueueCommand({ QueueUrl }));
    expect(world.sqs.counts('jobs').visible).toBe(0);
  });

  it('moves dead letters back to where they came from', async () => {
    const dead = world.sqs.createQueue({ name: 'dead' }).arn;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead, maxReceiveCount: 1 });
    world.sqs.createQueue({ name: 'fragile', attributes: { RedrivePolicy } });
    world.sqs.send('fragile', 'a job');
    await world.sqs.receive('fragile', { max: 1, visibilityTimeoutSeconds: 0, waitSeconds: 0 });
    expect(world.sqs.counts(dead).visible).toBe(1);
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: dead }));
    expect([world.sqs.counts(dead).visible, world.sqs.counts('fragile').visible]).toEqual([0, 1]);
  });

  it.each([
    ['InvalidAttributeName', { QueueName: 'x', Attributes: { Colour: 'red' } }],
    ['InvalidAttributeValue', { QueueName: 'x', Attributes: { DelaySeconds: '901' } }],
    ['InvalidAttributeValue', { QueueName: 'x', Attributes: { RedrivePolicy: '{}' } }],
    ['InvalidParameterValue', { QueueName: 'x.fifo' }],
    ['QueueNameExists', { QueueName: 'jobs', Attributes: { DelaySeconds: '9' } }],
  ])('refuses with %s to create %j', async (code, input) => {
    const failed = await client.send(new CreateQueueCommand(input as never)).catch((error) => error);
    expect(`${failed.name} ${failed.Code ?? ''}`).toMatch(new RegExp(code.replace('Name', '(Name|Already)')));
  });

  it('reports that a queue does not exist', async () => {
    const attempt = client.send(new GetQueueUrlCommand({ QueueName: 'nope' }));
    await expect(attempt).rejects.toBeInstanceOf(QueueDoesNotExist);
  });

  it('refuses a message over the limit', async () => {
    await expect(send('x'.repeat(1_048_577))).rejects.toThrow(/shorter than 1048576 bytes/);
  });
});
