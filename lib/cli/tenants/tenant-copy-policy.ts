/** `mayfly tenant copy-policy FROM TO`: gives one tenant the plan, limits and runner settings of another. */
import { type PolicyAttribute, policyAttributes } from '../../contract/tenant-policy.ts';
import { type Command, UsageError } from '../command.ts';
import { changeTenant } from './change-tenant.ts';
import { namedTenant } from './find-tenant.ts';
import { changeOptions } from './tenant-options.ts';

/** Whether a tenant may run at all is decided for each tenant, and a repository's id belongs to one account. */
const notCopied: readonly PolicyAttribute[] = [
  'status',
  'status_before_deletion',
  'suspended_by',
  'allowed_repositories',
  'keep_runner_group',
];

export const tenantCopyPolicy: Command = {
  name: 'tenant copy-policy',
  summary: "copy a tenant's plan, limits and runner settings to another",
  details: `
Examples:
  mayfly tenant copy-policy acme globex --dry-run     what would change for globex
  mayfly tenant copy-policy acme globex

Status and allowed repositories are not copied: each tenant is approved separately, and repositories belong to one
account.
`,
  positionals: ['<from>', '<to>'],
  options: changeOptions,
  async run(call) {
    const from = await namedTenant(call);
    const to = await namedTenant(call, 1);
    if (from.unreadable !== undefined) throw new UsageError(from.unreadable);
    const names = policyAttributes.filter((name) => !notCopied.includes(name));
    const edit = Object.fromEntries(names.map((name) => [name, from.row[name] ?? null]));
    return changeTenant(call, { found: to, edit, action: `policy-copied-from-${from.installationId}` });
  },
};
