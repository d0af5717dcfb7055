/** All commands of `mayfly`, for tests that look at each. */
import { allCommands } from '../../lib/cli/commands.ts';

export const commands = await allCommands();
