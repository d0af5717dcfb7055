/** Makes the tenant manager ask GitHub now: about an installation, or about the runner group of its machines. */
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { InstallationEvent, LookAtGroup } from '../../contract/messages.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { CommandCall } from '../command.ts';
import { sqsClient } from '../sqs-client.ts';

type Call = Pick<CommandCall, 'config' | 'environment' | 'options'>;

export function tellTenantManager(call: Call, installationId: InstallationId): Promise<void> {
  return send(call, {
    kind: 'installation',
    event: 'operator.asks',
    installationId,
    repositoriesRemoved: [],
    delivery: 'operator',
  });
}

/** Jobs may be waiting because of what GitHub said about a group before it was created, or another one was named. */
export const haveGroupLookedAt = (call: Call, installationId: InstallationId): Promise<void> =>
  send(call, { kind: 'look-at-group', installationId });

async function send(call: Call, message: InstallationEvent | LookAtGroup): Promise<void> {
  if (call.options['dryRun']) return;
  const client = sqsClient(call);
  const QueueName = `${call.config.environment}-installations`;
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName }));
  const MessageGroupId = String(message.installationId);
  await client.send(
    new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message), MessageGroupId }),
  );
  client.destroy();
}
