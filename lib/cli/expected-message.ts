/**
 * What to print for an error of AWS, of GitHub or of a stored row, which is no bug of the command: what happened, and how
 * to go on.
 */
import { isUnreadable, OperationalError } from '../ports/errors.ts';
import { explainFault, type FailedCommand } from './aws-faults.ts';

/** @returns undefined if it may be a bug */
export function expectedMessage(error: unknown, failed: FailedCommand): string | undefined {
  // Here the cause may be a network error, but of the connection to GitHub, not to AWS.
  if (error instanceof OperationalError && error.code.startsWith('github-')) {
    return `${error.message}\nTry again; https://www.githubstatus.com shows whether GitHub has a problem.`;
  }
  // Somebody edited the row by hand; the message says how to correct it.
  if (isUnreadable(error)) return error.message;
  return explainFault(error, failed);
}
