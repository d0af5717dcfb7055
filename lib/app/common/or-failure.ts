/** What failed of a call to an outside service, as a value. All else is a bug, and is thrown. */
import { OperationalError } from '../../ports/errors.ts';

export async function orFailure<Result>(work: Promise<Result>): Promise<Result | OperationalError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OperationalError) return error;
    throw error;
  }
}
