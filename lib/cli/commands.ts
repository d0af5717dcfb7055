/** The commands of `npx mayfly`, in the order in which an operator meets them. */
import type { Command } from './command.ts';
import { drain } from './drain.ts';
import { machineLogs } from './machine-logs.ts';
import { preflight } from './preflight.ts';
import { status } from './status.ts';

export const commands: readonly Command[] = [preflight, status, machineLogs, drain];
