import { describe, expect, it } from '@jest/globals';
import { createLogsService } from '../../../lib/local/aws/logs.ts';
import type { AwsCall } from '../../../lib/local/aws/service.ts';
import { place } from './support.ts';

const group = '/aws/lambda/dev-webhook';

function givenLogs() {
  const logs = createLogsService(place);
  const ask = async (action: string, input: Record<string, unknown> = {}) => {
    const answer = await logs.handle({
      action,
      input: { logGroupName: group, ...input },
    } as unknown as AwsCall);
    return JSON.parse(String(answer.body));
  };
  const messages = async (input: Record<string, unknown>, action = 'FilterLogEvents') =>
    (await ask(action, input)).events.map(({ message }: { message: string }) => message);
  return { logs, ask, messages };
}

describe('CloudWatch Logs', () => {
  it('shows groups by prefix, and streams', async () => {
    const { logs, ask } = givenLogs();
    logs.createGroup('/aws/lambda/prod-webhook');
    logs.append(group, 'one', 'a');
    const { logGroups } = await ask('DescribeLogGroups', { logGroupNamePrefix: '/aws/lambda/dev' });
    expect(logGroups).toMatchObject([
      { logGroupName: group, arn: `arn:aws:logs:us-east-1:123456789012:log-group:${group}:*` },
    ]);
    expect((await ask('DescribeLogStreams')).logStreams).toMatchObject([{ logStreamName: 'one' }]);
  });

  it('filters by stream, time and words', async () => {
    const { logs, messages } = givenLogs();
    logs.append(group, 'one', 'job 1 queued');
    logs.append(group, 'two', 'job 2 done');
    expect(await messages({ logStreamNames: ['two'] })).toEqual(['job 2 done']);
    expect(await messages({ filterPattern: 'job "queued"' })).toEqual(['job 1 queued']);
    expect(await messages({ startTime: Date.now() + 1000 })).toEqual([]);
    expect(await messages({ endTime: Date.now() + 1000 })).toHaveLength(2);
    expect(await messages({ logStreamName: 'one' }, 'GetLogEvents')).toEqual(['job 1 queued']);
  });

  it('pages without repeating or skipping events that arrive meanwhile', async () => {
    const { logs, ask, messages } = givenLogs();
    for (const message of ['a', 'b', 'c']) logs.append(group, 'one', message);
    const { nextToken } = await ask('FilterLogEvents', { limit: 2 });
    logs.append(group, 'one', 'd');
    expect(await messages({ nextToken })).toEqual(['c', 'd']);
    expect((await ask('FilterLogEvents', { nextToken })).nextToken).toBeUndefined();
  });

  it('keeps only the latest events', async () => {
    const { logs, messages } = givenLogs();
    for (let index = 0; index < 20_000; index += 1) logs.append(group, 'one', String(index));
    const kept = await messages({});
    expect([kept.length, kept.at(-1)]).toEqual([10_000, '19999']);
  });

  it('names the unknown group or action', async () => {
    const { ask } = givenLogs();
    await expect(ask('FilterLogEvents')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
    await expect(ask('DeleteLogGroup')).rejects.toThrow(/has no DeleteLogGroup; it has DescribeLogGroups/);
  });
});
