/** `mayfly controllers scope …`: for which jobs an admission controller is asked. */
import { tokenSecrets } from '../../adapters/identity/token-secrets.ts';
import { readController } from '../../app/admission-api/read-controllers.ts';
import { scopeView } from '../../app/admission-api/views.ts';
import type { ScopeTarget } from '../../core/controllers/scope.ts';
import { TierName } from '../../core/ids.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from '../command.ts';
import { stackOption } from '../setup/stack-option.ts';
import {
  type Admin,
  adminOf,
  changeOptions,
  controllerPositional,
  demand,
  ownerPositional,
  print,
  repositoryIdsOf,
} from './admin.ts';
import { changeAndPrint } from './change.ts';
import { targetText } from './controller-text.ts';

export const scopeList: Command = {
  name: 'controllers scope list',
  summary: 'list the scopes of an admission controller',
  details: `
Examples:
  mayfly controllers scope list acme ctl_abcdefgh23456723
`,
  positionals: [ownerPositional, controllerPositional],
  options: [jsonOption],
  async run(call) {
    const { deps, owner } = await adminOf(call);
    const { controller } = demand(call, await readController(deps, owner, call.positionals[1] ?? ''));
    const lines = controller.scopes.map(({ id, target }) => `${id}  ${targetText(target)}`);
    const none = ['It has no scope, so it is never asked.'];
    return print(call, controller.scopes.map(scopeView), lines.length > 0 ? lines : none);
  },
};

export const scopeCreate: Command = {
  name: 'controllers scope create',
  summary: 'add a scope: jobs that an admission controller is asked about',
  details: `
Examples:
  mayfly controllers scope create acme ctl_abcdefgh23456723 --installation
  mayfly controllers scope create acme ctl_abcdefgh23456723 --tier large
  mayfly controllers scope create acme ctl_abcdefgh23456723 --group builds --tier large
  mayfly controllers scope create acme ctl_abcdefgh23456723 --repository app
  mayfly controllers scope create @platform ctl_abcdefgh23456723 --installation

--installation means all of the tenant's jobs; for @platform, all jobs of all tenants. @platform has no other scopes but --tier. With a repository, --tier means jobs of that tier whose machines register with the repository.
`,
  positionals: [ownerPositional, controllerPositional],
  options: [
    { flags: '--installation', description: 'all jobs' },
    { flags: '--tier <tier>', description: 'jobs of this tier' },
    {
      flags: '--group <name>',
      description: 'jobs whose machines join this runner group of the organization',
    },
    { flags: '--repository <repository>', description: "jobs of this repository, by name or GitHub's id" },
    stackOption,
    ...changeOptions,
  ],
  async run(call) {
    const admin = await adminOf(call);
    const target = await targetOf(call, admin);
    const change = {
      kind: 'add-scope',
      id: call.positionals[1] ?? '',
      scopeId: `scp_${tokenSecrets.id()}`,
      target,
    } as const;
    return changeAndPrint(call, admin, change);
  },
};

export const scopeDelete: Command = {
  name: 'controllers scope delete',
  summary: 'remove a scope from an admission controller',
  details: `
Examples:
  mayfly controllers scope delete acme ctl_abcdefgh23456723 scp_abcdefgh23456723
`,
  positionals: [ownerPositional, controllerPositional, '<scope>'],
  options: changeOptions,
  async run(call) {
    const [, id = '', scopeId = ''] = call.positionals;
    return changeAndPrint(call, await adminOf(call), { kind: 'remove-scope', id, scopeId });
  },
};

async function targetOf(call: CommandCall, admin: Admin): Promise<ScopeTarget> {
  const { installation, tier: named, group, repository } = call.options;
  const wide = [installation, group, repository].filter((value) => value !== undefined);
  if (wide.length > 1 || (installation && named !== undefined) || (wide.length === 0 && named === undefined))
    throw new UsageError(
      'Give --installation, --tier, --group or --repository; --tier can be combined with the last two.',
    );
  if (installation) return { kind: 'installation' };
  const tier = typeof named === 'string' ? { tier: TierName(named) } : undefined;
  if (typeof group === 'string')
    return tier ? { kind: 'group-tier', group, ...tier } : { kind: 'group', group };
  if (typeof repository !== 'string') return { kind: 'tier', tier: TierName(String(named)) };
  const [repositoryId = 0] = await repositoryIdsOf(call, admin, repository);
  return tier ? { kind: 'repository-tier', repositoryId, ...tier } : { kind: 'repository', repositoryId };
}
