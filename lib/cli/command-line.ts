/**
 * One style for every command line of this repository, on commander: help begins with "Usage:", a misspelt option or
 * command gets a suggestion, and what the user can correct is one line on stderr, never a stack trace.
 * Exit status everywhere: 0 done, 1 something is wrong with what was looked at, 2 the call itself must be corrected.
 */
import { readFileSync } from 'node:fs';
import { type Argument, Command, CommanderError, Help, InvalidArgumentError } from 'commander';
import { endWhenOutputCloses } from './closed-output.ts';
import { correctableMessage } from './correctable.ts';

/** Where a command line writes. Default: this process's streams. */
export interface Output {
  out(text: string): void;
  error(text: string): void;
}

const streams: Output = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};

export type CommandLine = Command;

export interface CommandLineOptions {
  /** What people type before the options: `npm run sim --`, `mayfly`. */
  readonly name: string;
  readonly description: string;
  readonly output?: Output;
}

export function createCommandLine({ name, description, output = streams }: CommandLineOptions): Command {
  return styled(new Command(name), output)
    .description(description)
    .version(readVersion(), '-V, --version', 'show the version and exit');
}

/** A command of a command line, with the same style: commander hands down neither the help option nor the hint. */
export function addCommand(to: Command, name: string, output: Output): Command {
  return styled(to.command(name), output, [...namesTo(to), name].join(' '));
}

const namesTo = (command: Command): string[] =>
  command.parent ? [...namesTo(command.parent), command.name()] : [command.name()];

function styled(command: Command, output: Output, called = command.name()): Command {
  return (
    command
      .helpOption('-h, --help', 'show this help and exit')
      .helpCommand(false)
      // `costs` and `costs compare` both have --month: what follows the second word is the second's.
      .enablePositionalOptions()
      .allowExcessArguments(false)
      .showHelpAfterError(`See: ${called} --help`)
      .configureHelp({
        subcommandTerm: (one) =>
          [
            one.name(),
            ...(one.commands.length > 0 ? ['<command>'] : []),
            ...one.registeredArguments.map(term),
          ].join(' '),
      })
      .configureOutput({
        writeOut: output.out,
        writeErr: output.error,
        getOutHelpWidth: helpWidth,
        getErrHelpWidth: helpWidth,
      })
      .exitOverride()
  );
}

const term = (argument: Argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`);

/** Text for the end of a help: paragraphs are wrapped, and indented lines such as examples stay as they are. */
export function wrapped(text: string): string {
  const fit = (paragraph: string) =>
    /^ |:\n/m.test(paragraph) ? paragraph : new Help().boxWrap(paragraph.replaceAll('\n', ' '), helpWidth());
  return text.trim().split('\n\n').map(fit).join('\n\n');
}

/** As wide as the terminal, and never wider than this repository's lines. */
const helpWidth = () => Math.min(process.stdout.columns || widest, widest);
const widest = 110;

/** What each exit status of this command means, at the end of its help. 0 and 2 mean the same everywhere. */
export const exitStatus = (one?: string) =>
  `\nExit status:\n  0  done\n${one ? `  1  ${one}\n` : ''}  2  the command line, the configuration or the environment must be corrected`;

/**
 * Parses and runs. @returns the exit status, which an action sets by `process.exitCode`
 * @throws whatever the user cannot correct: a bug
 */
export async function runCommandLine(
  command: Command,
  args: readonly string[],
  output: Output = streams,
): Promise<0 | 2> {
  try {
    await command.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed it already: help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const message = correctableMessage(error);
    if (message === undefined) throw error;
    output.error(`error: ${message}\n`);
    return 2;
  }
}

/** For scripts: runs the command line of this process and sets its exit status. */
export async function runScript(command: Command): Promise<void> {
  endWhenOutputCloses();
  const status = await runCommandLine(command, process.argv.slice(2));
  if (status !== 0) process.exitCode = status;
}

/** A parser for an option's value. */
export function wholeNumber({ least, most }: { readonly least: number; readonly most?: number }) {
  return (given: string): number => {
    const value = Number(given);
    if (/^\d+$/.test(given) && value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER)) return value;
    const bounds = most === undefined ? `, ${least} or more` : ` from ${least} to ${most}`;
    throw new InvalidArgumentError(`It must be a whole number${bounds}.`);
  };
}

/** A parser for an option that may be given several times. */
export function oneOf(allowed: readonly string[]) {
  return (given: string, before: readonly string[] | undefined): readonly string[] => {
    if (allowed.includes(given)) return [...(before ?? []), given];
    throw new InvalidArgumentError(`Allowed are ${allowed.join(', ')}.`);
  };
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
