/**
 * The command line `mayfly`: finds the command that was asked for, checks the configuration, and runs it. Errors of AWS that
 * the operator can do something about are printed with what that is.
 */
import { assertConfig } from '../config/check-config.ts';
import { explainFault } from './aws-faults.ts';
import { type Command, type CommandCall, UsageError } from './command.ts';
import { addCommand, createCommandLine, exitStatus, runCommandLine, wrapped } from './command-line.ts';

type CommandContext = Omit<CommandCall, 'options' | 'positionals'>;

const description = `Operates one deployment of Mayfly: the one that mayfly.config.ts describes.
Credentials, profile and endpoint come from the environment, as for the AWS CLI.`;

/** @returns the exit status: 0 done, 1 something is wrong with the deployment, 2 the caller must correct something first */
export async function runCommand(
  commands: readonly Command[],
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { io } = context;
  const program = createCommandLine({ name: 'mayfly', description, output: io })
    .usage('<command> [options]')
    .helpCommand('help [command]', 'show the help of a command');
  program.addHelpText(
    'after',
    exitStatus('something is wrong with the deployment; the help of a command says what'),
  );
  let status = 0;
  for (const command of commands) {
    const line = addCommand(program, command.name, io)
      .summary(command.summary)
      .description(sentence(command.summary))
      .addHelpText('after', `\n${wrapped(command.details)}\n${exitStatus(command.exitOne)}`);
    for (const name of command.positionals ?? []) line.argument(name);
    for (const { flags, description, default: value } of command.options ?? []) {
      line.option(flags, description, value);
    }
    line.action(async () => {
      const options = line.opts<CommandCall['options']>();
      status = await run(command, { ...context, options, positionals: line.args });
    });
  }
  const asked = args.length === 0 ? ['--help'] : args;
  return (await runCommandLine(program, asked, io)) || status;
}

async function run(command: Command, call: CommandCall): Promise<number> {
  assertConfig(call.config);
  try {
    return await command.run(call);
  } catch (error) {
    const message = explainFault(error, { ...call, command: command.name });
    throw message === undefined ? error : new UsageError(message);
  }
}

const sentence = (summary: string) => `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
