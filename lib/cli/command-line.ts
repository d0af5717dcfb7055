/**
 * One style for every command line of this repository, based on commander: help begins with "Usage:", a misspelt option
 * or command gets a suggestion, and errors that the user can correct are one line on stderr, never a stack trace. Exit
 * status everywhere: 0 done, 1 what the command examined has a problem, 2 the command line, the configuration or the
 * environment must be corrected.
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
  /** What users type before the options: `npm run sim --`, `mayfly`. */
  readonly name: string;
  readonly description: string;
  readonly output?: Output;
}

export function createCommandLine({ name, description, output = streams }: CommandLineOptions): Command {
  return styled(new Command(name), output)
    .description(description)
    .version(readVersion(), '-V, --version', 'show the version and exit');
}

/** A subcommand in the same style: commander passes on neither the help option nor the hint. */
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
      // `costs` and `costs compare` both have --month: options after the second word belong to it.
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

/** Text after the options: paragraphs are wrapped, and indented lines such as examples stay as they are. */
export function wrapped(text: string): string {
  const fit = (paragraph: string) =>
    /^ |:\n/m.test(paragraph) ? paragraph : new Help().boxWrap(paragraph.replaceAll('\n', ' '), helpWidth());
  return text.trim().split('\n\n').map(fit).join('\n\n');
}

/** As wide as the terminal, but no wider than this repository's lines. */
const helpWidth = () => Math.min(process.stdout.columns || widest, widest);
const widest = 110;

/** The meaning of this command's exit statuses, at the end of its help. 0 and 2 mean the same everywhere. */
export const exitStatus = (one?: string) =>
  `\nExit status:\n  0  done\n${one ? `  1  ${one}\n` : ''}  2  the command line, the configuration or the environment must be corrected`;

/**
 * Parses the arguments and runs the command. @returns the exit status, which an action sets through `process.exitCode`
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
    // Commander has already printed the message; help and version exit with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const message = correctableMessage(error);
    if (message === undefined) throw error;
    output.error(`error: ${message}\n`);
    return 2;
  }
}

/** For scripts: runs this process's command line and sets its exit status. */
export async function runScript(command: Command): Promise<void> {
  endWhenOutputCloses();
  const status = await runCommandLine(command, process.argv.slice(2));
  if (status !== 0) process.exitCode = status;
}

/** Creates a parser for an option's value. */
export function wholeNumber({ least, most }: { readonly least: number; readonly most?: number }) {
  return (given: string): number => {
    const value = Number(given);
    if (/^\d+$/.test(given) && value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER)) return value;
    const bounds = most === undefined ? `, ${least} or more` : ` from ${least} to ${most}`;
    throw new InvalidArgumentError(`It must be a whole number${bounds}.`);
  };
}

/** Creates a parser for an option that may be repeated. */
export function oneOf(allowed: readonly string[]) {
  return (given: string, before: readonly string[] | undefined): readonly string[] => {
    if (allowed.includes(given)) return [...(before ?? []), given];
    throw new InvalidArgumentError(`Allowed values are ${allowed.join(', ')}.`);
  };
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
