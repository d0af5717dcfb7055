/** The commands about what machines cost, in the order in which an operator meets them. */
import type { Command } from '../command.ts';
import { costs } from './costs.ts';
import { costsActivate } from './costs-activate.ts';
import { costsCompare } from './costs-compare.ts';
import { costsExportDisable } from './export/costs-export-disable.ts';
import { costsExportEnable } from './export/costs-export-enable.ts';

export const costsCommands: readonly Command[] = [
  costs,
  costsActivate,
  costsCompare,
  costsExportEnable,
  costsExportDisable,
];
