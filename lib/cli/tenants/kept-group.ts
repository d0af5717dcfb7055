/**
 * `tenant set --create-group`: creates a runner group on GitHub for the tenant's allowed repositories, which the
 * reconciler keeps up to date from then on. The group is created before the tenant's row names it; after a crash in
 * between, the next try takes over the group.
 */
import { flag } from '../../adapters/dynamodb/attributes.ts';
import { editedRow, type PolicyEdit } from '../../adapters/dynamodb/policy-change.ts';
import { tenantOfRow } from '../../adapters/dynamodb/tenant-row.ts';
import { levelNow } from '../../core/runner-level.ts';
import type { Tenant } from '../../core/tenant.ts';
import { type CommandCall, UsageError } from '../command.ts';
import { githubOf, refusalText } from '../insight/github-of.ts';
import { jobsNext } from './change-tenant.ts';
import type { FoundTenant } from './find-tenant.ts';

/** What else must be written, given the other options. @throws UsageError if the options contradict each other */
export async function groupEdit(
  call: CommandCall,
  found: FoundTenant,
  edit: PolicyEdit,
): Promise<PolicyEdit> {
  const isKept = found.row['keep_runner_group']?.BOOL === true;
  if (call.options['createGroup'] !== true) {
    const isOther =
      edit.runner_group !== undefined && !isSameName(edit.runner_group?.S, found.row['runner_group']?.S);
    if (isKept && isOther) return { keep_runner_group: null };
    if (isKept && edit.allowed_repositories === null) throw new UsageError(keptForSome);
    return {};
  }
  const tenant = wantedTenant(found, edit);
  const { runnerGroup: name, allowedRepositories: ids } = tenant;
  if (name === undefined) throw new UsageError('--create-group needs a name: add --group NAME.');
  if (ids === undefined) {
    throw new UsageError(
      '--create-group creates a group for the allowed repositories, but all are allowed. Add --repositories app,web',
    );
  }
  if (levelNow(tenant).level !== 'organization') {
    throw new UsageError(
      `The runners of ${found.login} register with repositories, which have no groups. A group needs an organization, an App with the permission “Self-hosted runners: read and write”, and a level other than repository.`,
    );
  }
  await makeGroup(call, tenant, { name, ids });
  return { keep_runner_group: flag(true) };
}

const isSameName = (one: string | undefined, other: string | undefined) =>
  one?.toLowerCase() === other?.toLowerCase();

const keptForSome =
  "The tenant's runner group follows its list of repositories, so it cannot be for all of them. Name another group too: --group NAME, or --group default";

function wantedTenant({ row, unreadable }: FoundTenant, edit: PolicyEdit): Tenant {
  if (unreadable !== undefined) throw new UsageError(unreadable);
  return tenantOfRow(editedRow(row, edit));
}

/** With `--dry-run` it only checks. */
async function makeGroup(
  call: CommandCall,
  { installationId, accountLogin }: Tenant,
  { name, ids }: { readonly name: string; readonly ids: readonly number[] },
): Promise<void> {
  const say = (text: string) => (call.options['json'] ? call.io.error(text) : call.io.out(text));
  const { platform, operator } = await githubOf(call);
  const known = await platform.getRunnerGroup(installationId, accountLogin, name);
  if (!known.ok) throw new UsageError(`GitHub does not show the runner groups: ${refusalText(known)}`);
  if (known.value) {
    if (known.value.visibility === 'selected')
      return say(`${accountLogin} already has the runner group ${name}.\n`);
    throw new UsageError(
      `${accountLogin} has a runner group ${name}, and it is not for selected repositories. Choose another name, or have an owner change its “Repository access” under Settings, Actions, Runner groups.`,
    );
  }
  if (call.options['dryRun']) return say(`It would create the runner group ${name} for ${count(ids)}.\n`);
  const made = await operator.createRunnerGroup(installationId, accountLogin, { name, repositoryIds: ids });
  if (!made.ok) {
    throw new UsageError(
      `GitHub refused to create the runner group ${name} (${refusalText(made)}), and nothing was written. Custom runner groups need GitHub Team or Enterprise, and each repository must belong to the organization.`,
    );
  }
  say(`Created the runner group ${name} for ${count(ids)}.\n`);
}

const count = ({ length }: readonly number[]) => `${length} ${length === 1 ? 'repository' : 'repositories'}`;

/** What to do about allowed repositories that a maintained group does not have. */
export const groupFollows =
  'Mayfly adds what is missing to the group at its next visit, within five minutes. If it is still missing then, the log of the reconciler says why (group-not-kept).';

/** What happens next if the group must be updated, or means nothing yet. */
export function nextOf(found: FoundTenant, edit: PolicyEdit): ((waiting: number) => string) | undefined {
  const { row, unreadable } = found;
  const isKept = editedRow(row, edit)['keep_runner_group']?.BOOL === true;
  if (
    unreadable === undefined &&
    edit.runner_group &&
    levelNow(wantedTenant(found, edit)).level === 'repository'
  )
    return (waiting) => `${jobsNext(waiting, row)} ${noGroups}`;
  if (!isKept || edit.allowed_repositories === undefined) return undefined;
  return (waiting) => `${jobsNext(waiting, row)} The reconciler updates the runner group within minutes.`;
}

const noGroups =
  'Its runners register with repositories, which have no groups: the group has no effect until they register with the organization.';
