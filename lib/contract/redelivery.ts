/**
 * When a message is redelivered after its function died, and for how long. AWS requires a visibility timeout of at least
 * the function's timeout, and recommends six times as much, so that a batch that Lambda throttles is not received again
 * in the meantime. Here twice as much is enough: messages are hints, so handling one twice changes nothing, and messages
 * go to the dead-letter queue after an hour, however many receives that takes. After a crash, messages wait for this
 * timeout; but a job's row has its controllers asked again after a minute or two, whatever becomes of the message.
 * Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
import { type FunctionName, functionSettings } from './functions.ts';

/** The functions that read from queues. */
export type QueueReader = Extract<FunctionName, 'scale-up' | 'lifecycle' | 'tenant-manager' | 'admission'>;

/** A machine takes half a minute to boot. Facts may wait a second for each other, which halves the cost of handling them. */
const windowSeconds: Readonly<Record<QueueReader, number>> = {
  'scale-up': 0,
  lifecycle: 1,
  'tenant-manager': 0,
  admission: 0,
};

/** How long a batch gathers before its function is called. */
export const batchingWindowSeconds = (reader: QueueReader) => windowSeconds[reader];

/** How long a received message is hidden from other receivers. */
export const visibilitySeconds = (reader: QueueReader) =>
  2 * functionSettings[reader].timeoutSeconds + windowSeconds[reader];

/** Facts about jobs and machines survive an hour's outage of the tables, EC2 or GitHub without manual redrive. */
const triedSeconds = 60 * 60;

export const receivesBeforeDeadLetter = (reader: QueueReader) =>
  Math.ceil(triedSeconds / visibilitySeconds(reader));
