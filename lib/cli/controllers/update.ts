/**
 * `mayfly controllers update TENANT CONTROLLER`: changes the given settings of an admission controller, and no
 * others.
 */
import { type Command, UsageError } from '../command.ts';
import { stackOption } from '../setup/stack-option.ts';
import { adminOf, changeOptions, controllerPositional, ownerPositional } from './admin.ts';
import { changeAndPrint } from './change.ts';
import { readSettings, settingOptions } from './settings.ts';

export const controllersUpdate: Command = {
  name: 'controllers update',
  summary: 'change an admission controller',
  details: `
Examples:
  mayfly controllers update acme ctl_abcdefgh23456723 --state enabled
  mayfly controllers update acme ctl_abcdefgh23456723 --state disabled --reason "locked us out"
  mayfly controllers update acme ctl_abcdefgh23456723 --rules rules.json --dry-run

A change invalidates earlier decisions.
`,
  positionals: [ownerPositional, controllerPositional],
  options: [...settingOptions, stackOption, ...changeOptions],
  async run(call) {
    const admin = await adminOf(call);
    const settings = await readSettings(call, admin);
    if (Object.keys(settings).length === 0)
      throw new UsageError('No settings were given. See: mayfly controllers update --help');
    return changeAndPrint(call, admin, { kind: 'update', id: call.positionals[1] ?? '', settings });
  },
};
