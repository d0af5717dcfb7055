import { describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../../lib/local/aws/service.ts';
import { fromForm } from '../../../../lib/local/aws/sqs/query-protocol.ts';
import { createSqsService } from '../../../../lib/local/aws/sqs.ts';
import { place } from '../support.ts';

const url = 'http://127.0.0.1:1/123456789012/jobs';

describe('SQS with its query protocol', () => {
  const givenQueue = () => {
    const sqs = createSqsService({ ...place, endpointUrl: () => 'http://127.0.0.1:1' });
    sqs.createQueue({ name: 'jobs' });
    const ask = async (action: string, form: Record<string, string>) => {
      const input = { Action: action, Version: '2012-11-05', ...form };
      const call = { action, input, protocol: 'query', caller: { accessKeyId: 'test' } };
      return String((await sqs.handle(call as unknown as AwsCall)).body);
    };
    return { sqs, ask };
  };

  it('sends, receives and deletes', async () => {
    const { sqs, ask } = givenQueue();
    const sent = await ask('SendMessage', { QueueUrl: url, MessageBody: '<a & b>' });
    expect(sent).toMatch(/<SendMessageResult><MessageId>[0-9a-f-]{36}<\/MessageId><MD5OfMessageBody>/);
    const received = await ask('ReceiveMessage', {
      QueueUrl: url,
      MaxNumberOfMessages: '5',
      'AttributeName.1': 'ApproximateReceiveCount',
    });
    expect(received).toContain('<Body>&lt;a &amp; b&gt;</Body>');
    expect(received).toContain(
      '<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute></Message>',
    );
    const handle = /<ReceiptHandle>(.*?)<\/ReceiptHandle>/.exec(received)?.[1] ?? '';
    await ask('DeleteMessage', { QueueUrl: url, ReceiptHandle: handle });
    expect(sqs.counts('jobs')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    sqs.close();
  });

  it('returns attributes, URLs and lists', async () => {
    const { ask } = givenQueue();
    const attributes = await ask('GetQueueAttributes', { QueueUrl: url, 'AttributeName.1': 'DelaySeconds' });
    expect(attributes).toContain('<Attribute><Name>DelaySeconds</Name><Value>0</Value></Attribute>');
    expect(await ask('GetQueueUrl', { QueueName: 'jobs' })).toContain(`<QueueUrl>${url}</QueueUrl>`);
    expect(await ask('ListQueues', {})).toContain(`<ListQueuesResult><QueueUrl>${url}</QueueUrl>`);
    const set = { QueueUrl: url, 'Attribute.1.Name': 'DelaySeconds', 'Attribute.1.Value': '7' };
    await ask('SetQueueAttributes', set);
    expect(await ask('GetQueueAttributes', { QueueUrl: url, 'AttributeName.1': 'All' })).toContain(
      '<Name>DelaySeconds</Name><Value>7</Value>',
    );
  });

  it('refuses an unknown field', () => {
    expect(() => fromForm({ 'SendMessageBatchRequestEntry.1.Id': 'a' })).toThrow(
      /SendMessageBatchRequestEntry.1.Id/,
    );
  });
});
