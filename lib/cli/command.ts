/**
 * What a command of the operator's CLI is: one file each, named for its word. A command reads its options, calls AWS or
 * GitHub, prints for people (or JSON), and returns the exit status. It never ends the process itself.
 */
import type { MayflyConfig } from '../config/config.ts';

export interface Command {
  /** One word, or two: `tenant show`; see command-groups.ts. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What the help says after the options: examples first. */
  readonly details: string;
  readonly options?: readonly CommandOption[];
  /** What it takes besides options: `<instance-id>` is required, `[tenant]` is not. */
  readonly positionals?: readonly string[];
  /** It asks nothing of AWS, and needs neither credentials nor a deployment. */
  readonly isWithoutAws?: true;
  /** When the exit status is 1. Absent: it never is. */
  readonly exitOne?: string;
  /** By which its policy goes, where an option makes it another command in effect: `status --tenant`. */
  asName?(call: CommandCall): string;
  run(call: CommandCall): Promise<number>;
}

export interface CommandOption {
  /** `--send-back <queue>` for a value, `--json` for a switch. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
}

export interface CommandCall {
  /** By the option's name in camel case: `--send-back` is `sendBack`. Switches that were not given are absent. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
  /** mayfly.config.ts: the environment and region that the command is about. */
  readonly config: MayflyConfig;
  /** Where that file is. Absent: there is none to change. */
  readonly configFile?: string;
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

/** The user's mistake, or something only the user can correct: printed without a stack trace, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const jsonOption: CommandOption = { flags: '--json', description: 'print JSON' };
