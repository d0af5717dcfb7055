/** `mayfly tenant resume TENANT`: lifts the operator's suspension. What GitHub suspended, its account alone can lift. */
import { text } from '../../adapters/dynamodb/attributes.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, UsageError } from '../command.ts';
import { changeTenant, waitingText } from './change-tenant.ts';
import { findTenant, tenantPositional } from './find-tenant.ts';
import { tellTenantManager } from './tell-tenant-manager.ts';
import { changeOptions } from './tenant-options.ts';

export const tenantResume: Command = {
  name: 'tenant resume',
  summary: "lift the operator's suspension of a tenant",
  details: `
Examples:
  mayfly tenant resume acme --reason "paid"

A suspension by GitHub (suspended-by-github) is lifted by the account that suspended the App, and by nobody else.
`,
  positionals: [tenantPositional],
  options: changeOptions,
  async run(call) {
    const found = await findTenant(
      { client: dynamoClient(call), config: call.config },
      call.positionals[0] ?? '',
    );
    const refusal = refusals[found.row['status']?.S ?? ''];
    if (refusal) throw new UsageError(refusal(found.login));
    const status = await changeTenant(call, {
      found,
      edit: { status: text('active'), suspended_by: null },
      action: 'resumed',
      next: (jobs) =>
        `It may start jobs again${jobs > 0 ? `: ${waitingText(jobs)} looked at now` : ''}. Jobs that were refused meanwhile are taken up within minutes where GitHub still has them queued.`,
    });
    // GitHub may have suspended it too, which the operator's word has covered.
    await tellTenantManager(call, found.installationId);
    return status;
  },
};

const refusals: Readonly<Record<string, (login: string) => string>> = {
  'suspended-by-github': (login) =>
    `The account ${login} suspended the App at GitHub; an owner of it unsuspends it under Settings, Applications.`,
  pending: (login) => `${login} waits for approval. Approve it: npx mayfly tenant approve ${login}`,
  deleted: (login) => `${login} uninstalled the App. It resumes when it installs the App again.`,
};
