/**
 * Makes scale-up check a tenant's waiting jobs now, in each tier that has some: a raised limit takes effect within a
 * second.
 */
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Poke } from '../../contract/messages.ts';
import { tierQueueOf } from '../../contract/queue-name.ts';
import { type InstallationId, TierName } from '../../core/ids.ts';
import { dynamoClient } from '../aws-clients.ts';
import type { CommandCall } from '../command.ts';
import { readWaitingJobs } from '../read-waiting.ts';
import { sqsClient } from '../sqs-client.ts';

export const jobCount = (waiting: ReadonlyMap<string, number>) =>
  [...waiting.values()].reduce((sum, count) => sum + count, 0);

/** @returns how many jobs wait, by tier */
export async function pokeTenant(
  call: Pick<CommandCall, 'config' | 'environment'>,
  installationId: InstallationId,
): Promise<ReadonlyMap<string, number>> {
  const dynamo = dynamoClient(call);
  const client = sqsClient(call);
  const waiting = new Map<string, number>();
  for await (const { tier } of readWaitingJobs(dynamo, call.config.environment, installationId)) {
    // A tier that is no longer configured has no queue; its jobs wait until they expire.
    if (!Object.hasOwn(call.config.tiers, tier)) continue;
    waiting.set(tier, (waiting.get(tier) ?? 0) + 1);
  }
  await Promise.all(
    [...waiting.keys()].map(async (tier) => {
      const QueueName = tierQueueOf(call.config.environment, tier);
      const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName }));
      const poke: Poke = { kind: 'poke', installationId, tier: TierName(tier) };
      const MessageGroupId = String(installationId);
      await client.send(
        new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(poke), MessageGroupId }),
      );
    }),
  );
  dynamo.destroy();
  client.destroy();
  return waiting;
}
