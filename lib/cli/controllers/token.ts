/**
 * `mayfly controllers token …`: the tokens with which a controller polls or, if no controller is named, with which a
 * tenant's administrators call the API. A token is printed only once.
 */
import {
  createToken,
  listTokens,
  type MadeToken,
  removeToken,
  replaceToken,
} from '../../app/admission-api/manage-tokens.ts';
import { tokenView } from '../../app/admission-api/views.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from '../command.ts';
import {
  type Admin,
  actorOf,
  adminOf,
  changeOptions,
  demand,
  dryRunLine,
  endsText,
  overlapOf,
  overlapOption,
  ownerPositional,
  print,
  printOnce,
} from './admin.ts';

const controllerOption = {
  flags: '--controller <controller>',
  description: "the controller that the token is for; default: the tenant's administrators",
};

export const tokenList: Command = {
  name: 'controllers token list',
  summary: 'list the tokens of a controller, or of administrators',
  details: `
Examples:
  mayfly controllers token list acme
  mayfly controllers token list acme --controller ctl_abcdefgh23456723
`,
  positionals: [ownerPositional],
  options: [controllerOption, jsonOption],
  async run(call) {
    const { deps, bearer } = await bearerOf(call);
    const { tokens } = demand(call, await listTokens(deps, bearer));
    const lines = tokens.map(({ id, description, lastUsedAt, endsAt }) => {
      const used = lastUsedAt === undefined ? 'never used' : `used ${lastUsedAt}`;
      return `${id}  ${used}${endsText(endsAt)}  ${description}`.trimEnd();
    });
    return print(call, tokens.map(tokenView), lines.length > 0 ? lines : ['There are no tokens.']);
  },
};

export const tokenCreate: Command = {
  name: 'controllers token create',
  summary: 'create a token for a controller, or for administrators',
  details: `
Examples:
  mayfly controllers token create acme --description "the platform team"
  mayfly controllers token create acme --controller ctl_abcdefgh23456723

The first is for the tenant's administrators, who manage its controllers through the API; the second lets a controller poll.

The token is printed once; only its digest is kept. There are at most five of each.
`,
  positionals: [ownerPositional],
  options: [
    controllerOption,
    { flags: '--description <text>', description: 'who holds it' },
    ...changeOptions,
  ],
  async run(call) {
    const { deps, bearer } = await bearerOf(call);
    const given = call.options['description'];
    const description = typeof given === 'string' ? given : '';
    return printMade(call, demand(call, await createToken(deps, bearer, description, await actorOf(call))));
  },
};

export const tokenRotate: Command = {
  name: 'controllers token rotate',
  summary: 'replace a token with a new one',
  details: `
Examples:
  mayfly controllers token rotate acme tok_abcdefgh23456723 --overlap 3600
  mayfly controllers token rotate acme tok_abcdefgh23456723 --controller ctl_abcdefgh23456723

Both work during the overlap; after it, only the new one does.
`,
  positionals: [ownerPositional, '<token>'],
  options: [controllerOption, overlapOption, ...changeOptions],
  async run(call) {
    const { deps, bearer } = await bearerOf(call);
    const rotation = { id: call.positionals[1] ?? '', overlapSeconds: overlapOf(call) };
    return printMade(call, demand(call, await replaceToken(deps, bearer, rotation, await actorOf(call))));
  },
};

export const tokenRevoke: Command = {
  name: 'controllers token revoke',
  summary: 'revoke a token immediately',
  details: `
Examples:
  mayfly controllers token revoke acme tok_abcdefgh23456723 --reason "laptop lost"
`,
  positionals: [ownerPositional, '<token>'],
  options: [controllerOption, ...changeOptions],
  async run(call) {
    const { deps, bearer } = await bearerOf(call);
    const id = call.positionals[1] ?? '';
    demand(call, await removeToken(deps, bearer, id, await actorOf(call)));
    const isDryRun = call.options['dryRun'] === true;
    const line = isDryRun ? `${id} would be revoked.` : `${id} is revoked.`;
    return print(call, { id, revoked: !isDryRun, dryRun: isDryRun }, [line, ...dryRunLine(call)]);
  },
};

async function bearerOf(
  call: CommandCall,
): Promise<Admin & { bearer: { owner: Admin['owner']; controllerId?: string } }> {
  const admin = await adminOf(call);
  const { controller } = call.options;
  if (controller === '') throw new UsageError('--controller is empty.');
  const { owner } = admin;
  return {
    ...admin,
    bearer: typeof controller === 'string' ? { owner, controllerId: controller } : { owner },
  };
}

const printMade = (call: CommandCall, { token, text }: MadeToken): number =>
  printOnce(call, tokenView(token), { name: 'token', value: text });
