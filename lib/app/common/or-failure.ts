/** A call's operational failure as a value. Any other error is a bug, and is thrown. */
import { OperationalError } from '../../ports/errors.ts';

export async function orFailure<Result>(work: Promise<Result>): Promise<Result | OperationalError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OperationalError) return error;
    throw error;
  }
}
