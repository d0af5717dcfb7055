/**
 * Finds the command that was asked for, reads its words and options, checks the configuration, and runs it. Mistakes are
 * answered with what is allowed, and what keeps AWS from answering with what to do about it.
 */
import { parseArgs } from 'node:util';
import { assertConfig, ConfigurationError } from '../config/check-config.ts';
import { explainFault } from './aws-faults.ts';
import { type Command, type CommandCall, UsageError } from './command.ts';

type CommandContext = Omit<CommandCall, 'options' | 'words'>;

/** @returns the exit status: 0 done, 1 something is wrong with the deployment, 2 the caller must mend something first */
export async function runCommand(
  commands: readonly Command[],
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') {
    context.io.out(overview(commands));
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    context.io.error(
      `There is no command ${JSON.stringify(name)}; there are ${commands.map((one) => one.name).join(', ')}.\n`,
    );
    return 2;
  }
  if (rest.includes('--help')) {
    context.io.out(`${command.help.trim()}\n`);
    return 0;
  }
  try {
    const given = readArguments(command, rest);
    assertConfig(context.config);
    return await command.run({ ...context, ...given });
  } catch (error) {
    const isTold = error instanceof UsageError || error instanceof ConfigurationError;
    const message = isTold ? error.message : explainFault(error, { ...context, command: name });
    if (message === undefined) throw error;
    context.io.error(`${message}\n`);
    return 2;
  }
}

function readArguments(command: Command, args: readonly string[]): Pick<CommandCall, 'options' | 'words'> {
  const wanted = command.words ?? [];
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: command.options,
      allowPositionals: true,
    });
    if (positionals.length !== wanted.length) {
      const needs = wanted.length === 0 ? 'no words besides its options' : wanted.join(' ');
      throw new UsageError(
        `mayfly ${command.name} takes ${needs}; given: ${positionals.join(' ') || 'nothing'}.`,
      );
    }
    return { options: values as CommandCall['options'], words: positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${(error as Error).message} See: npx mayfly ${command.name} --help`);
  }
}

function overview(commands: readonly Command[]): string {
  const wide = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(wide)}  ${summary}`);
  return [
    'mayfly: looks after one deployment, the one that mayfly.config.ts describes.',
    '',
    ...lines,
    '',
    'npx mayfly COMMAND --help tells more. Credentials and endpoint come from the environment, as for the AWS CLI.',
    '',
  ].join('\n');
}
