/** `mayfly controllers list TENANT`: the tenant's admission controllers. Read-only. */
import { readControllers } from '../../app/admission-api/read-controllers.ts';
import { controllerView } from '../../app/admission-api/views.ts';
import { type Command, jsonOption } from '../command.ts';
import { adminOf, ownerHelp, ownerPositional, print } from './admin.ts';
import { listLines } from './controller-text.ts';

export const controllersList: Command = {
  name: 'controllers list',
  summary: "list a tenant's admission controllers",
  details: `
Examples:
  mayfly controllers list acme
  mayfly controllers list 12345678 --json
  mayfly controllers list @platform

${ownerHelp}
`,
  positionals: [ownerPositional],
  options: [jsonOption],
  async run(call) {
    const { deps, owner } = await adminOf(call);
    const found = await readControllers(deps, owner);
    const lines = found.length === 0 ? ['There are no controllers.'] : listLines(found);
    return print(call, found.map(controllerView), lines);
  },
};
