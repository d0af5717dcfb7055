/**
 * When a message is redelivered after its function died, and for how long. AWS asks for a visibility timeout of at least
 * the function's timeout, and advises six times as much, so that a batch that Lambda throttles is not received a second
 * time meanwhile. Here twice as much is enough: messages are hints, handling one twice changes nothing, and a message is set
 * aside by the hour, whatever its receives were used up by. What a crash costs is this timeout.
 * Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
import { type FunctionName, functionSettings } from './functions.ts';

/** The functions that work on queues. */
export type QueueReader = Extract<FunctionName, 'scale-up' | 'lifecycle' | 'tenant-manager' | 'admission'>;

/** A machine boots for half a minute: facts may wait a second for each other, which halves what following them costs. */
const windowSeconds: Readonly<Record<QueueReader, number>> = {
  'scale-up': 0,
  lifecycle: 1,
  'tenant-manager': 0,
  admission: 0,
};

/** For how long a batch gathers before its function is called. */
export const batchingWindowSeconds = (reader: QueueReader) => windowSeconds[reader];

/** For how long a received message is hidden from other receivers. */
export const visibilitySeconds = (reader: QueueReader) =>
  2 * functionSettings[reader].timeoutSeconds + windowSeconds[reader];

/** Facts about jobs and machines survive an hour in which the tables, EC2 or GitHub fail, without being sent back by hand. */
const triedSeconds = 60 * 60;

export const receivesBeforeDeadLetter = (reader: QueueReader) =>
  Math.ceil(triedSeconds / visibilitySeconds(reader));
