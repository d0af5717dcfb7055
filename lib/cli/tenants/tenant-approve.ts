/** `mayfly tenant approve TENANT`: activates a new tenant, if `onboarding` is approve. */
import { text } from '../../adapters/dynamodb/attributes.ts';
import { type Command, UsageError } from '../command.ts';
import { printableLine } from '../printable.ts';
import { changeTenant, waitingText } from './change-tenant.ts';
import { namedTenant, tenantPositional } from './find-tenant.ts';
import { tellTenantManager } from './tell-tenant-manager.ts';
import { changeOptions } from './tenant-options.ts';

export const tenantApprove: Command = {
  name: 'tenant approve',
  summary: 'approve a tenant that is pending',
  details: `
Examples:
  mayfly tenants --status pending         tenants that wait for approval
  mayfly tenant approve acme
`,
  positionals: [tenantPositional],
  options: changeOptions,
  async run(call) {
    const found = await namedTenant(call);
    const now = found.row['status']?.S;
    if (now === undefined) throw new UsageError(printableLine(found.unreadable ?? 'Its row has no status.'));
    if (now !== 'pending' && now !== 'active') {
      throw new UsageError(
        `${found.login} is ${now}, and only a pending tenant can be approved.${resumeHint(now, found.login)}`,
      );
    }
    const status = await changeTenant(call, {
      found,
      edit: { status: text('active') },
      action: 'approved',
      next: (jobs) => `It may start jobs${jobs > 0 ? `: ${waitingText(jobs)} being checked now` : ''}.`,
    });
    // GitHub may have suspended it while it was pending.
    await tellTenantManager(call, found.installationId);
    return status;
  },
};

const resumeHint = (status: string, login: string) =>
  status === 'suspended' ? ` To lift its suspension: npx mayfly tenant resume ${login}` : '';
