/**
 * Which errors the user can correct, and what to print for them: no stack trace, exit status 2. Any other error is a bug
 * and is rethrown.
 */
import { ConfigurationError } from '../config/configuration-error.ts';
import { UsageError } from './command.ts';

/** @returns undefined if it is a bug */
export function correctableMessage(error: unknown): string | undefined {
  if (error instanceof UsageError || error instanceof ConfigurationError) return error.message;
  if (!(error instanceof Error)) return undefined;
  const { code, port, syscall } = error as NodeJS.ErrnoException & { readonly port?: number };
  // The laptop wraps the error that keeps it from serving a function's URL.
  if (syscall !== 'listen') return error.cause === undefined ? undefined : correctableMessage(error.cause);
  if (code === 'EADDRINUSE') {
    return `Port ${port} is in use on this machine. Stop the program that uses it, or choose another port (0: any free one).`;
  }
  if (code === 'EACCES') return `Port ${port} needs root. Choose port 1024 or higher (0: any free one).`;
  return undefined;
}
