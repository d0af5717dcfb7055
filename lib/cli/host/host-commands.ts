/** The commands of a single host, in the order in which its owner meets them. */
import type { Command } from '../command.ts';
import { hostInit } from './host-init.ts';
import { hostLogs } from './host-logs.ts';
import { hostRollback } from './host-rollback.ts';
import { hostStart } from './host-start.ts';
import { hostStatus } from './host-status.ts';
import { hostStop } from './host-stop.ts';
import { hostSwitch } from './host-switch.ts';
import { hostTestRepositories } from './host-test-repositories.ts';
import { hostValidate } from './host-validate.ts';

export const hostCommands: readonly Command[] = [
  hostInit,
  hostValidate,
  hostStart,
  hostStatus,
  hostTestRepositories,
  hostLogs,
  hostSwitch,
  hostRollback,
  hostStop,
];
