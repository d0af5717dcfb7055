/**
 * `mayfly tenant resume TENANT`: lifts the operator's suspension, or makes a tenant that needs attention retry at
 * once. Only the account itself can lift a suspension on GitHub.
 */
import { text } from '../../adapters/dynamodb/attributes.ts';
import { createTenantStore } from '../../adapters/dynamodb/tenant-store.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, type CommandCall, UsageError } from '../command.ts';
import { printableLine } from '../printable.ts';
import { changeTenant, waitingText } from './change-tenant.ts';
import { type FoundTenant, namedTenant, tableName, tenantPositional } from './find-tenant.ts';
import { jobCount, pokeTenant } from './poke.ts';
import { tellTenantManager } from './tell-tenant-manager.ts';
import { changeOptions } from './tenant-options.ts';

export const tenantResume: Command = {
  name: 'tenant resume',
  summary: "lift the operator's suspension of a tenant, or make it retry now",
  details: `
Examples:
  mayfly tenant resume acme --reason "paid"

A tenant that needs attention (see mayfly tenant show) retries every few minutes; resume makes it retry now. If
the cause remains, it needs attention again.

Only the account that suspended the App can lift a suspension by GitHub (suspended-by-github).
`,
  positionals: [tenantPositional],
  options: changeOptions,
  async run(call) {
    const found = await namedTenant(call);
    if (found.tenant?.status === 'active' && found.tenant.attention) return tryAgain(call, found);
    const refusal = refusals[found.row['status']?.S ?? ''];
    if (refusal) throw new UsageError(refusal(found.login));
    const status = await changeTenant(call, {
      found,
      edit: { status: text('active'), suspended_by: null },
      action: 'resumed',
      next: (jobs) =>
        `It may start jobs again${jobs > 0 ? `: ${waitingText(jobs)} being checked now` : ''}. Jobs that were refused in the meantime are picked up again within minutes if GitHub still has them queued.`,
    });
    // GitHub may have suspended it too, hidden by the operator's ban.
    await tellTenantManager(call, found.installationId);
    return status;
  },
};

/** This is a hint to the platform, not a decision about the tenant, so it is not recorded. */
async function tryAgain(call: CommandCall, { installationId, login }: FoundTenant): Promise<number> {
  const { dryRun, json } = call.options;
  let jobs = 0;
  if (!dryRun) {
    const store = createTenantStore({ client: dynamoClient(call), tableName: tableName(call.config) });
    await store.clearAttention(installationId);
    jobs = jobCount(await pokeTenant(call, installationId));
  }
  const shown = { installationId, login, action: 'tries-again', dryRun: dryRun === true, jobsWaiting: jobs };
  call.io.out(
    json
      ? `${JSON.stringify(shown)}\n`
      : printableLine(`${login} (${installationId}) ${dryRun ? 'would retry' : 'retries'} now.`).concat('\n'),
  );
  return 0;
}

const refusals: Readonly<Record<string, (login: string) => string>> = {
  'suspended-by-github': (login) =>
    `The account ${login} suspended the App on GitHub; one of its owners must unsuspend it under Settings, Applications.`,
  pending: (login) => `${login} waits for approval. Approve it: npx mayfly tenant approve ${login}`,
  deleted: (login) => `${login} uninstalled the App. It resumes when it installs the App again.`,
};
