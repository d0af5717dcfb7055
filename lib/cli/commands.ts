/** The commands of `npx mayfly`, in the order in which an operator meets them. */
import type { Command } from './command.ts';
import { status } from './status.ts';

export const commands: readonly Command[] = [status];
