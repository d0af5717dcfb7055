/** `mayfly controllers delete TENANT CONTROLLER`: removes an admission controller with its scopes, tokens and secrets. */
import type { Command } from '../command.ts';
import { adminOf, changeOptions, controllerPositional, ownerPositional } from './admin.ts';
import { changeAndPrint } from './change.ts';

export const controllersDelete: Command = {
  name: 'controllers delete',
  summary: 'delete an admission controller, with its scopes, tokens and secrets',
  details: `
Examples:
  mayfly controllers delete acme ctl_abcdefgh23456723 --reason "replaced by rules"
`,
  positionals: [ownerPositional, controllerPositional],
  options: changeOptions,
  async run(call) {
    const id = call.positionals[1] ?? '';
    const change = { kind: 'delete', id } as const;
    return changeAndPrint(call, await adminOf(call), change, () =>
      call.options['dryRun'] === true ? [`${id} would be deleted.`] : [`${id} is deleted.`],
    );
  },
};
