/** `mayfly controllers get TENANT CONTROLLER`: one controller with all its settings and scopes. Read-only. */
import { readController } from '../../app/admission-api/read-controllers.ts';
import { controllerView } from '../../app/admission-api/views.ts';
import { type Command, jsonOption } from '../command.ts';
import { adminOf, controllerPositional, demand, ownerPositional, print } from './admin.ts';
import { controllerLines } from './controller-text.ts';

export const controllersGet: Command = {
  name: 'controllers get',
  summary: 'show one admission controller',
  details: `
Examples:
  mayfly controllers get acme ctl_abcdefgh23456723
`,
  positionals: [ownerPositional, controllerPositional],
  options: [jsonOption],
  async run(call) {
    const { deps, owner } = await adminOf(call);
    const found = demand(call, await readController(deps, owner, call.positionals[1] ?? ''));
    return print(call, controllerView(found), controllerLines(found));
  },
};
