/**
 * An operator's write, run again as long as a transaction writes the same row: neither the SDK nor the AWS CLI does that.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** As an operator would, but sooner. */
const pauseMilliseconds = 30;
/** Then something holds the row for good. */
const mostTries = 100;

export async function pastConflicts<Answer>(write: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if ((error as Error).name !== 'TransactionConflictException' || tries === mostTries) throw error;
      await sleep(pauseMilliseconds);
    }
  }
}
