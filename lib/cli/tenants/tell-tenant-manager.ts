/** Makes the tenant manager read an installation's current state from GitHub. */
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { InstallationEvent } from '../../contract/messages.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { CommandCall } from '../command.ts';
import { sqsClient } from '../sqs-client.ts';

export async function tellTenantManager(
  call: Pick<CommandCall, 'config' | 'environment' | 'options'>,
  installationId: InstallationId,
): Promise<void> {
  if (call.options['dryRun']) return;
  const client = sqsClient(call);
  const QueueName = `${call.config.environment}-installations`;
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName }));
  const event: InstallationEvent = {
    kind: 'installation',
    event: 'operator.asks',
    installationId,
    repositoriesRemoved: [],
    delivery: 'operator',
  };
  const MessageGroupId = String(installationId);
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event), MessageGroupId }));
  client.destroy();
}
