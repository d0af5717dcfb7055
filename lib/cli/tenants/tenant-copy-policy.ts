/** `mayfly tenant copy-policy FROM TO`: gives one tenant the plan, limits and runner settings of another. */
import type { Attributes } from '../../adapters/dynamodb/attributes.ts';
import { type PolicyAttribute, policyAttributes } from '../../contract/tenant-policy.ts';
import { type Command, UsageError } from '../command.ts';
import { changeTenant } from './change-tenant.ts';
import { namedTenant } from './find-tenant.ts';
import { groupEdit } from './kept-group.ts';
import { changeOptions } from './tenant-options.ts';

/** Whether a tenant may run at all is decided for each tenant, and a repository's id belongs to one account. */
const notCopied: readonly PolicyAttribute[] = [
  'status',
  'status_before_deletion',
  'suspended_by',
  'allowed_repositories',
  'keep_runner_group',
];

/** Only an organization has these, so neither a user's account gets them nor an organization loses its own to one. */
const ofOrganizations: readonly PolicyAttribute[] = ['runner_level', 'runner_group'];

export const tenantCopyPolicy: Command = {
  name: 'tenant copy-policy',
  summary: "copy a tenant's plan, limits and runner settings to another",
  details: `
Examples:
  mayfly tenant copy-policy acme globex --dry-run     what would change for globex
  mayfly tenant copy-policy acme globex

Status and allowed repositories are not copied: each tenant is approved separately, and repositories belong to one
account. Level and runner group are copied only between organizations.
`,
  positionals: ['<from>', '<to>'],
  options: changeOptions,
  async run(call) {
    const from = await namedTenant(call);
    const to = await namedTenant(call, 1);
    if (from.unreadable !== undefined) throw new UsageError(from.unreadable);
    if (from.installationId === to.installationId)
      throw new UsageError(
        `${from.login} was given twice. Give the tenant to copy from, then the one to copy to.`,
      );
    const omitted = isUser(from.row) || isUser(to.row) ? [...notCopied, ...ofOrganizations] : notCopied;
    const names = policyAttributes.filter((name) => !omitted.includes(name));
    const copied = Object.fromEntries(names.map((name) => [name, from.row[name] ?? null]));
    // Another group is not one that Mayfly may keep in step with the tenant's repositories.
    const edit = { ...copied, ...(await groupEdit(call, to, copied)) };
    return changeTenant(call, { found: to, edit, action: `policy-copied-from-${from.installationId}` });
  },
};

const isUser = (row: Attributes) => row['account_type']?.S === 'User';
