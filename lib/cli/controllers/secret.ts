/**
 * `mayfly controllers secret …`: the secrets that sign the callbacks to an https controller. A secret is printed only
 * once.
 */
import { listSecrets, rotateSigningSecret } from '../../app/admission-api/manage-secrets.ts';
import { secretView } from '../../app/admission-api/views.ts';
import { type Command, jsonOption } from '../command.ts';
import {
  actorOf,
  adminOf,
  changeOptions,
  controllerPositional,
  demand,
  endsText,
  overlapOf,
  overlapOption,
  ownerPositional,
  print,
  printOnce,
} from './admin.ts';

export const secretList: Command = {
  name: 'controllers secret list',
  summary: "list the secrets that sign a controller's callbacks",
  details: `
Examples:
  mayfly controllers secret list acme ctl_abcdefgh23456723
`,
  positionals: [ownerPositional, controllerPositional],
  options: [jsonOption],
  async run(call) {
    const { deps, owner } = await adminOf(call);
    const { secrets } = demand(call, await listSecrets(deps, owner, call.positionals[1] ?? ''));
    const lines = secrets.map(({ id, createdAt, endsAt }) => `${id}  since ${createdAt}${endsText(endsAt)}`);
    return print(call, secrets.map(secretView), lines.length > 0 ? lines : ['It has no secret yet.']);
  },
};

export const secretRotate: Command = {
  name: 'controllers secret rotate',
  summary: "create a new secret for signing a controller's callbacks",
  details: `
Examples:
  mayfly controllers secret rotate acme ctl_abcdefgh23456723                  the first one, or another
  mayfly controllers secret rotate acme ctl_abcdefgh23456723 --overlap 3600   signed with both for an hour
`,
  positionals: [ownerPositional, controllerPositional],
  options: [overlapOption, ...changeOptions],
  async run(call) {
    const { deps, owner } = await adminOf(call);
    const about = { owner, controllerId: call.positionals[1] ?? '', overlapSeconds: overlapOf(call) };
    const { secret, value } = demand(call, await rotateSigningSecret(deps, about, await actorOf(call)));
    return printOnce(call, secretView(secret), { name: 'secret', value });
  },
};
