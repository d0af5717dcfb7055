/**
 * The `mayfly` command line: finds the requested command, checks the configuration, and runs it. AWS errors that the
 * operator can fix are printed with the way to fix them.
 */
import { type Command, type CommandCall, type Io, type Outline, UsageError } from './command.ts';
import { groupSummaries, wordsOf } from './command-groups.ts';
import {
  addCommand,
  type CommandLine,
  createCommandLine,
  exitStatus,
  runCommandLine,
  wrapped,
} from './command-line.ts';
import { expectedMessage } from './expected-message.ts';

type CommandContext = Omit<CommandCall, 'options' | 'positionals'>;

const description = `Operates one deployment of Mayfly: the one that mayfly.config.ts describes.
Credentials, profile and endpoint come from the environment, as for the AWS CLI.`;

/**
 * @param given outlines can only be listed
 * @returns the exit status: 0 done, 1 something is wrong with the deployment, 2 the caller must correct something first
 */
export async function runCommand(
  given: readonly Outline[],
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
  const groups = new Map<string, CommandLine>();
  const mayFail = (group: string) =>
    given.filter(isWhole).some(({ name, exitOne }) => exitOne !== undefined && name.startsWith(`${group} `));
  for (const command of given) {
    const { group, word } = wordsOf(command.name);
    const parent = group === undefined ? program : groupOf(groups, { program, group, io, mayFail });
    const line = addCommand(parent, word, io).summary(command.summary);
    for (const name of command.positionals ?? []) line.argument(name);
    if (!isWhole(command)) continue;
    line
      .description(sentence(command.summary))
      .addHelpText('after', `\n${wrapped(command.details)}\n${exitStatus(command.exitOne)}`);
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

const isWhole = (one: Outline): one is Command => 'run' in one;

interface GroupPlace {
  readonly program: CommandLine;
  readonly group: string;
  readonly io: Io;
  /** Whether one of its commands can exit with 1. */
  readonly mayFail: (group: string) => boolean;
}

function groupOf(groups: Map<string, CommandLine>, { program, group, io, mayFail }: GroupPlace): CommandLine {
  // A group may be a command too, such as `costs`.
  const { group: above, word } = wordsOf(group);
  const parent = above === undefined ? program : groupOf(groups, { program, group: above, io, mayFail });
  const known = groups.get(group) ?? parent.commands.find((one) => one.name() === word);
  if (known) return known;
  const summary = groupSummaries[group] ?? group;
  const made = addCommand(parent, word, io)
    .usage('<command> [options]')
    .summary(summary)
    .description(sentence(summary))
    .addHelpText(
      'after',
      exitStatus(mayFail(group) ? 'the help of a command says what is wrong' : undefined),
    );
  groups.set(group, made);
  return made;
}

async function run(command: Command, call: CommandCall): Promise<number> {
  if (command.isWithoutAws) return command.run(call);
  // Loaded here: help, mistakes and commands without AWS check nothing.
  const { assertConfig } = await import('../config/check-config.ts');
  assertConfig(call.config);
  try {
    return await command.run(call);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const message = expectedMessage(error, { ...call, command: command.asName?.(call) ?? command.name });
    throw message === undefined ? error : new UsageError(message);
  }
}

const sentence = (summary: string) => `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
