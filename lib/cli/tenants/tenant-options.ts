/** The options that all commands which change a tenant share. */
import { type CommandOption, jsonOption } from '../command.ts';

export const reasonOption: CommandOption = {
  flags: '--reason <text>',
  description: 'why, for the audit: a ticket, a sentence',
};

export const dryRunOption: CommandOption = {
  flags: '--dry-run',
  description: 'show what would change, and change nothing',
};

/** For every command that changes a tenant. */
export const changeOptions: readonly CommandOption[] = [reasonOption, dryRunOption, jsonOption];
