/** The options that every command which changes a tenant takes, spelled once. */
import { type CommandOption, jsonOption } from '../command.ts';

export const reasonOption: CommandOption = {
  flags: '--reason <text>',
  description: 'why, for the audit: a ticket, a sentence',
};

export const dryRunOption: CommandOption = {
  flags: '--dry-run',
  description: 'show what would change, and change nothing',
};

/** Of every command that changes a tenant. */
export const changeOptions: readonly CommandOption[] = [reasonOption, dryRunOption, jsonOption];
