/** `mayfly tenant set TENANT`: changes a tenant's plan, limits, spend caps, runner group and repositories, all in one write. */
import { numberList } from '../../adapters/dynamodb/attributes.ts';
import type { PolicyEdit } from '../../adapters/dynamodb/policy-change.ts';
import { type Command, type CommandCall, UsageError } from '../command.ts';
import { printableLine } from '../printable.ts';
import { stackOption } from '../setup/stack-option.ts';
import { changeTenant } from './change-tenant.ts';
import { type FoundTenant, namedTenant, tenantPositional } from './find-tenant.ts';
import { groupEdit, nextOf } from './kept-group.ts';
import { isRepositoryId, repositoryIds } from './repository-ids.ts';
import { entriesOf, readSetOptions, setOptions } from './set-options.ts';
import { changeOptions } from './tenant-options.ts';

export const tenantSet: Command = {
  name: 'tenant set',
  summary: "change a tenant's plan, limits, spend caps, runner group and repositories",
  details: `
Examples:
  mayfly tenant set acme --plan medium                     the plan, and its max runners with it
  mayfly tenant set acme --max-runners 8 --reason "ticket 1234"
  mayfly tenant set acme --tier-limit large=1              one large machine, whatever the plan says
  mayfly tenant set acme --group builds --repositories app,web
  mayfly tenant set acme --group ci --repositories app,web --create-group
  mayfly tenant set acme --public refuse --dry-run
  mayfly tenant set acme --spend-cap 500 --daily-cap 40    in dollars; docs/COSTS.md says what counts

All of it is one write, which fails if somebody else changed the tenant in the meantime. Jobs that are now allowed start within
a second; running machines continue, even above a lowered limit.

Repository names are looked up on GitHub and stored as ids, so a rename changes nothing. Ids are accepted too.

--create-group creates the group on GitHub for exactly the allowed repositories. The reconciler maintains it: later changes of the list reach the group within minutes, ten repositories at each visit. An existing group of that name for selected repositories is used as it is.
`,
  positionals: [tenantPositional],
  options: [
    ...setOptions,
    {
      flags: '--repositories <list>',
      description: 'the repositories whose jobs run, comma-separated, or all, or none',
    },
    {
      flags: '--create-group',
      description: 'create the runner group on GitHub, and keep its repositories equal to the list',
    },
    stackOption,
    ...changeOptions,
  ],
  async run(call) {
    const found = await namedTenant(call);
    const { edit, faults } = readSetOptions(call.options, { tiers: call.config.tiers, row: found.row });
    if (faults.length > 0) throw new UsageError(faults.join('\n'));
    const given = { ...edit, ...(await repositoriesEdit(call, found)) };
    const all = { ...given, ...(await groupEdit(call, found, given)) };
    if (Object.keys(all).length === 0) {
      throw new UsageError('No settings were given. See: mayfly tenant set --help');
    }
    const next = nextOf(found, all);
    return changeTenant(call, { found, edit: all, action: 'set', ...(next ? { next } : {}) });
  },
};

async function repositoriesEdit(call: CommandCall, found: FoundTenant): Promise<PolicyEdit> {
  const given = call.options['repositories'];
  if (typeof given !== 'string') return {};
  if (given === 'all') return { allowed_repositories: null };
  const ids = given === 'none' ? [] : await repositoryIds(call, found, given);
  const unchecked = [...new Set(entriesOf(given))].filter(isRepositoryId);
  if (unchecked.length > 0) {
    const which = `the ${unchecked.length === 1 ? 'id' : 'ids'} ${unchecked.join(', ')}`;
    const login = printableLine(found.login);
    call.io.error(`Not checked at GitHub: ${which}. To check: npx mayfly tenant validate ${login}\n`);
  }
  return { allowed_repositories: numberList(ids) };
}
