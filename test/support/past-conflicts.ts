/** An operator's write, run again as long as a transaction writes the same row: neither the SDK nor the AWS CLI does that. */
import { mayTryAgain } from '../../lib/adapters/dynamodb/retry.ts';

export async function pastConflicts<Answer>(write: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      const isConflict = (error as Error).name === 'TransactionConflictException';
      if (!isConflict || !(await mayTryAgain('TransactionConflictException', tries))) throw error;
    }
  }
}
