/** For commands that read the stacks' outputs, as deployment-outputs.ts does. */
import type { CommandOption } from '../command.ts';

export const stackOption: CommandOption = {
  flags: '--stack <name>',
  description:
    'the stack of your own CDK app that holds the deployment and has the outputs of `mayfly.outputs`',
};
