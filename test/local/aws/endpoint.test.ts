import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetQueueAttributesCommand, ListQueuesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsService, CallRecord } from '../../../lib/local/aws/service.ts';
import {
  allowing,
  clientConfiguration,
  givenFunction,
  type QueueWorld,
  sqsClient,
  startQueueWorld,
} from './support.ts';

const queueArn = 'arn:aws:sqs:us-east-1:123456789012:dev-small-builds';

/** A service that reports its questions, and fails with the given error. */
const ec2: AwsService = {
  service: 'ec2',
  questions: ({ action }) => [{ action: `ec2:${action}`, resource: '*', context: {} }],
  handle: async () => {
    throw new TypeError('nothing <here>');
  },
};

describe('the AWS endpoint', () => {
  let world: QueueWorld;
  let url: string;
  beforeEach(async () => {
    world = await startQueueWorld([ec2]);
    url = world.sqs.createQueue({ name: 'dev-small-builds' }).url;
  });
  afterEach(() => world.close());

  const sendAs = (credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) =>
    sqsClient(world.endpoint, credentials).send(
      new SendMessageCommand({ QueueUrl: url, MessageBody: 'a job' }),
    );

  it('lets a function do what its policies allow', async () => {
    const webhook = givenFunction(world.endpoint, 'dev-webhook', allowing('sqs:SendMessage', queueArn));
    await sendAs(webhook);
    expect(world.sqs.counts(queueArn).visible).toBe(1);
  });

  it('refuses what they do not allow, with the principal, the action and the resource', async () => {
    const claim = givenFunction(world.endpoint, 'dev-claim', allowing('sqs:ReceiveMessage', queueArn));
    await expect(sendAs(claim)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        `User: arn:aws:sts::123456789012:assumed-role/dev-claim/dev-claim is not authorized to perform: ` +
        `sqs:SendMessage on resource: ${queueArn} because no identity-based policy allows the action`,
    });
    expect(world.sqs.counts(queueArn).visible).toBe(0);
  });

  it('names an unknown condition operator', async () => {
    const policy = {
      Statement: { ...allowing('*', '*').Statement, Effect: 'Allow' as const, Action: '*', Resource: '*' },
    };
    const odd = { Statement: [{ ...policy.Statement, Condition: { IpAddress: { 'aws:SourceIp': '::1' } } }] };
    const webhook = givenFunction(world.endpoint, 'dev-webhook', odd);
    await expect(sendAs(webhook)).rejects.toThrow(/explicit deny.*IpAddress is not known/);
  });

  it('applies new policies immediately', async () => {
    const webhook = givenFunction(world.endpoint, 'dev-webhook');
    world.endpoint.updatePolicies('dev-webhook', [allowing('sqs:*', '*')]);
    await sendAs(webhook);
    world.endpoint.updatePolicies('dev-webhook', []);
    await expect(sendAs(webhook)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it("accepts the operator's two documented keys, and no others", async () => {
    await sendAs(world.endpoint.operatorCredentials);
    await sendAs({ accessKeyId: 'test', secretAccessKey: 'test' });
    await expect(sendAs({ accessKeyId: 'stranger', secretAccessKey: 'test' })).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    await expect(sendAs({ accessKeyId: 'test', secretAccessKey: 'guessed' })).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });

  it('takes temporary keys only with their session token', async () => {
    const keys = world.endpoint.addPrincipal({
      ...{ name: 'dev-webhook', arn: 'arn:aws:sts::1:assumed-role/dev-webhook/dev-webhook' },
      ...{ policies: [allowing('sqs:SendMessage', queueArn)], isTemporary: true },
    });
    await sendAs(keys);
    const { sessionToken: _, ...without } = keys;
    const refused = { name: 'UnrecognizedClientException' };
    await expect(sendAs(without)).rejects.toMatchObject(refused);
    await expect(sendAs({ ...without, sessionToken: 'of another' })).rejects.toMatchObject(refused);
  });

  it('forgets a function that is removed', async () => {
    const webhook = givenFunction(world.endpoint, 'dev-webhook', allowing('*', '*'));
    expect(() => givenFunction(world.endpoint, 'dev-webhook')).toThrow(/dev-webhook already/);
    world.endpoint.removePrincipal('dev-webhook');
    await expect(sendAs(webhook)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });

  it('lists its services if asked for another', async () => {
    const dynamodb = new DynamoDBClient(clientConfiguration(world.endpoint));
    await expect(dynamodb.send(new ListTablesCommand())).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: "The laptop's AWS has no service dynamodb; it has ec2, sqs.",
    });
  });

  it('answers EC2 callers in XML, both refusals and faults', async () => {
    const describeAs = (credentials?: { accessKeyId: string; secretAccessKey: string }) =>
      new EC2Client(clientConfiguration(world.endpoint, credentials)).send(new DescribeInstancesCommand());
    await expect(describeAs(givenFunction(world.endpoint, 'dev-claim'))).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
      message: expect.stringMatching(/ec2:DescribeInstances on resource: \*/),
      $metadata: { httpStatusCode: 403 },
    });
    await expect(describeAs()).rejects.toMatchObject({
      name: 'InternalFailure',
      message: expect.stringMatching(/TypeError: nothing <here>/),
    });
  });

  it('refuses requests without a signature', async () => {
    const answer = await fetch(world.endpoint.url, { method: 'POST', body: 'Action=ListQueues' });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toMatch(/MissingAuthenticationToken.*mayfly-operator/s);
  });

  it('records each call with the permissions it needed and its outcome, and counts them', async () => {
    const records: CallRecord[] = [];
    const stop = world.endpoint.onCall((record) => records.push(record));
    const webhook = givenFunction(world.endpoint, 'dev-webhook', allowing('sqs:SendMessage', queueArn));
    await sendAs(webhook);
    await expect(sqsClient(world.endpoint, webhook).send(new ListQueuesCommand())).rejects.toThrow();
    stop();
    await sendAs(webhook);
    expect(records).toMatchObject([
      { caller: 'dev-webhook', action: 'SendMessage', outcome: 'allowed', status: 200 },
      { caller: 'dev-webhook', action: 'ListQueues', outcome: 'denied', status: 403 },
    ]);
    expect(records[0]?.questions).toEqual([{ action: 'sqs:SendMessage', resource: queueArn, context: {} }]);
    const shown = await (await fetch(`${world.endpoint.url}/_calls?last=1`)).json();
    expect(shown).toMatchObject({
      counts: [
        { caller: 'dev-webhook', service: 'sqs', action: 'SendMessage', calls: 2, denied: 0 },
        { caller: 'dev-webhook', service: 'sqs', action: 'ListQueues', calls: 1, denied: 1, failed: 1 },
      ],
      recent: [{ action: 'SendMessage' }],
    });
  });

  it("attributes each call to its connection's caller when many call at once", async () => {
    const allowed = givenFunction(world.endpoint, 'dev-webhook', allowing('sqs:*', '*'));
    const denied = givenFunction(world.endpoint, 'dev-claim');
    const attributesOf = { QueueUrl: url, AttributeNames: ['All' as const] };
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        sqsClient(world.endpoint, index % 2 ? denied : allowed).send(
          new GetQueueAttributesCommand(attributesOf),
        ),
      ),
    );
    expect(outcomes.map(({ status }, index) => [index % 2, status])).toEqual(
      outcomes.map((_, index) => [index % 2, index % 2 ? 'rejected' : 'fulfilled']),
    );
  });
});
