/**
 * What a command of the operator's CLI is: one file each, named for its word. A command reads its options, calls AWS or
 * GitHub, prints for people (or JSON), and answers with the exit status. It never ends the process itself.
 */
import type { ParseArgsOptionsConfig } from 'node:util';
import type { MayflyConfig } from '../config/config.ts';

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole help text, with examples. */
  readonly help: string;
  readonly options: ParseArgsOptionsConfig;
  /** How many words it takes besides options, and what they are called: `<instance-id>`. */
  readonly words?: readonly string[];
  run(call: CommandCall): Promise<number>;
}

export interface CommandCall {
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly words: readonly string[];
  /** mayfly.config.ts: the environment and region that the command is about. */
  readonly config: MayflyConfig;
  readonly io: Io;
  /** Environment variables: credentials, and AWS_ENDPOINT_URL for the laptop. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where a command writes; tests read it. */
export interface Io {
  out(text: string): void;
  error(text: string): void;
  /** Undefined where nobody can be asked (no terminal). */
  ask?(question: string): Promise<string>;
}

/** The user's mistake, or something only the user can mend: printed without a stack trace, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
