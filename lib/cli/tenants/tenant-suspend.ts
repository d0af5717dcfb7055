/** `mayfly tenant suspend TENANT`: the operator's ban. Neither unsuspending on GitHub nor reinstalling lifts it. */
import { text } from '../../adapters/dynamodb/attributes.ts';
import { type Command, UsageError } from '../command.ts';
import { changeTenant } from './change-tenant.ts';
import { namedTenant, tenantPositional } from './find-tenant.ts';
import { changeOptions } from './tenant-options.ts';

export const tenantSuspend: Command = {
  name: 'tenant suspend',
  summary: 'suspend a tenant: none of its jobs start from now on',
  details: `
Examples:
  mayfly tenant suspend acme --reason "crypto mining"
  mayfly tenant resume acme

Its waiting jobs are refused within a minute; its running jobs continue. To terminate its machines too, see docs/RUNBOOK.md.
`,
  positionals: [tenantPositional],
  options: changeOptions,
  async run(call) {
    const found = await namedTenant(call);
    if (found.row['status']?.S === 'deleted') {
      throw new UsageError(
        `${found.login} uninstalled the App. If the account installs it again, suspend the tenant then.`,
      );
    }
    return changeTenant(call, {
      found,
      edit: { status: text('suspended'), suspended_by: text('operator') },
      action: 'suspended',
      next: (jobs) =>
        `None of its jobs start from now on; running jobs continue. ${jobs > 0 ? `${jobs} waiting ${jobs === 1 ? 'job is' : 'jobs are'} refused. ` : ''}To lift it: npx mayfly tenant resume ${found.login}.`,
    });
  },
};
