/**
 * How soon a message comes back whose function died: by the template after three minutes, longer than a test wants to
 * wait. Changed as an operator may change it, and so for messages that are received from then on.
 */
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Laptop } from '../../../lib/local/laptop.ts';

/** Of all queues whose name fits. */
export async function setVisibility(laptop: Laptop, seconds: number, names = /./): Promise<void> {
  const { endpointUrl: endpoint, region, operatorCredentials: credentials } = laptop;
  const sqs = new SQSClient({ endpoint, region, credentials });
  const Attributes = { VisibilityTimeout: String(seconds) };
  for (const { url } of laptop.queues.list().filter(({ name }) => names.test(name)))
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }));
  sqs.destroy();
}
