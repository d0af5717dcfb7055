/**
 * The interface of a command in the operator's CLI: one file each, named after it. A command reads its options, calls AWS
 * or GitHub, prints text for people (or JSON), and returns the exit status. It never ends the process itself.
 */
import type { MayflyConfig } from '../config/config.ts';

/** All that the list of commands shows. */
export interface Outline {
  /** One word or more: `tenant show`; see command-groups.ts. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Positional arguments: `<instance-id>` is required, `[tenant]` is optional. */
  readonly positionals?: readonly string[];
}

export interface Command extends Outline {
  /** Help after the options: examples first. */
  readonly details: string;
  readonly options?: readonly CommandOption[];
  /** It does not call AWS, and needs neither credentials nor a deployment. */
  readonly isWithoutAws?: true;
  /** When the exit status is 1. Absent: never. */
  readonly exitOne?: string;
  /** The name of its policy, if an option turns it into another command: `status --tenant`. */
  asName?(call: CommandCall): string;
  run(call: CommandCall): Promise<number>;
}

export interface CommandOption {
  /** `--send-back <queue>` takes a value, `--json` is a switch. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
}

export interface CommandCall {
  /** By the option's name in camel case: `--send-back` is `sendBack`. Switches that were not given are absent. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
  /** mayfly.config.ts, which names the environment and the region. */
  readonly config: MayflyConfig;
  /** Where that file is. Absent: there is no file to edit. */
  readonly configFile?: string;
  readonly io: Io;
  /** Environment variables: credentials, and AWS_ENDPOINT_URL for the laptop. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where a command writes; tests capture it. */
export interface Io {
  out(text: string): void;
  error(text: string): void;
  /** Asks the user. Undefined without a terminal. */
  ask?(question: string): Promise<string>;
}

/** A user's mistake, or something that only the user can correct: printed without a stack trace, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const jsonOption: CommandOption = { flags: '--json', description: 'print JSON' };
