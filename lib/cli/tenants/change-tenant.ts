/**
 * Changes one tenant's policy in one transaction: conditional on what was read, together with the record of who
 * changed it and why. It prints the old and new values, and has the tenant's waiting jobs checked, so that newly
 * allowed jobs start now.
 */
import { type Attributes, compact } from '../../adapters/dynamodb/attributes.ts';
import { difference } from '../../adapters/dynamodb/audit.ts';
import type { AuditRecord } from '../../adapters/dynamodb/audit-row.ts';
import { editedRow, type PolicyEdit, policyChange } from '../../adapters/dynamodb/policy-change.ts';
import { isTenantRow } from '../../adapters/dynamodb/tenant-row.ts';
import { transact } from '../../adapters/dynamodb/write.ts';
import { tables } from '../../contract/tables.ts';
import type { Tenant } from '../../core/tenant.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type CommandCall, UsageError } from '../command.ts';
import { printableLine } from '../printable.ts';
import type { Row } from '../verify-report.ts';
import { checkLines, hasFailed } from './check-lines.ts';
import { type FoundTenant, found as foundIn, tenantById } from './find-tenant.ts';
import { jobCount, pokeTenant } from './poke.ts';
import { changeLines, differenceLines, lineText } from './policy-text.ts';
import { haveGroupLookedAt } from './tell-tenant-manager.ts';
import { whoRuns } from './who.ts';

export interface TenantChange {
  readonly found: FoundTenant;
  readonly edit: PolicyEdit;
  /** The action in the audit: `approved`, `set`. */
  readonly action: string;
  /** A sentence about what happens next, given how many jobs wait. */
  readonly next?: (waiting: number) => string;
  /** Checks whether the tenant's jobs can run now; a failure makes the exit status 1. */
  readonly verify?: (tenant: Tenant) => Promise<readonly Row[]>;
}

/** @returns the exit status */
export async function changeTenant(call: CommandCall, change: TenantChange): Promise<number> {
  const { found, action } = change;
  const { row, installationId, login } = found;
  // With a status it would look like a tenant, and an installation under its id could not replace it.
  if (!isTenantRow(row)) throw new UsageError(printableLine(found.unreadable ?? ''));
  const after = editedRow(row, change.edit);
  const parts = difference(row, after);
  const edit = editOf(parts);
  const lines = changeLines(parts.before, parts.after);
  const isDryRun = call.options['dryRun'] === true;
  const isWritten = lines.length > 0 && !isDryRun;
  if (isWritten) await write(call, { found, edit, action, ...parts });
  const version = Number(row['version']?.N ?? 0) + (isWritten ? 1 : 0);
  const isJson = call.options['json'] === true;
  const head = printableLine(`${login} (${installationId})`);
  const told = lines.map((line) => printableLine(lineText(line)));
  // Before anything else can fail, so that nobody repeats what is written.
  if (!isJson && lines.length > 0) call.io.out([head, ...told, ''].join('\n'));
  const written = isWritten
    ? { version, names: Object.keys({ ...parts.before, ...parts.after }) }
    : undefined;
  const { waiting, checks } = await followUp(call, change, written);
  const jobs = jobCount(waiting ?? new Map());
  if (isJson) {
    const shown = { installationId, login, action, changed: lines, dryRun: isDryRun, version };
    call.io.out(`${JSON.stringify({ ...shown, ...(waiting ? { jobsWaiting: jobs } : {}), checks })}\n`);
    return hasFailed(checks) ? 1 : 0;
  }
  if (lines.length === 0) call.io.out(`${head} already has these settings: nothing to change.\n`);
  if (isDryRun) call.io.out('Nothing was changed. To do it, run the same without --dry-run.\n');
  else if (isWritten) {
    const { unreadable } = foundIn(after);
    const what = unreadable === undefined ? next(change, jobs) : stillUnreadable(unreadable);
    call.io.out(`${what} It is version ${version} of its policy.\n`);
    const isUnchecked = !change.verify && written?.names.some((name) => onGitHub.includes(name));
    if (isUnchecked)
      call.io.out(`Check that its jobs can run: npx mayfly tenant validate ${printableLine(login)}\n`);
  }
  if (checks.length > 0) call.io.out(`\n${checkLines(checks)}`);
  return hasFailed(checks) ? 1 : 0;
}

/** Which runner group its machines join. */
const groupAttributes = ['runner_level', 'runner_group', 'keep_runner_group'];

/** Whether jobs can run with these depends on what GitHub has: on the group, and on its settings. */
const onGitHub = [...groupAttributes, 'allowed_repositories', 'allow_public_repositories'];

interface FollowUp {
  readonly waiting?: ReadonlyMap<string, number>;
  readonly checks: readonly Row[];
}

/** @throws what a check or the poke met; if the change is written by then, says so first */
async function followUp(
  call: CommandCall,
  change: TenantChange,
  written: { readonly version: number; readonly names: readonly string[] } | undefined,
): Promise<FollowUp> {
  if (call.options['dryRun'] === true) return { checks: [] };
  const { installationId, login } = change.found;
  try {
    const isOfGroup = written?.names.some((name) => groupAttributes.includes(name)) === true;
    if (isOfGroup || call.options['createGroup'] === true) await haveGroupLookedAt(call, installationId);
    const waiting = await pokeTenant(call, installationId);
    return { waiting, checks: await verified(call, change) };
  } catch (error) {
    if (written !== undefined) {
      const what = `The change is written, as version ${written.version} of the policy of ${login}: do not repeat it.`;
      const sweep = 'The next sweep applies it to waiting jobs within a minute. What failed after it:';
      call.io.error(`${printableLine(`${what} ${sweep}`)}\n`);
    }
    throw error;
  }
}

const next = ({ next: say, found }: TenantChange, jobs: number): string =>
  say?.(jobs) ?? jobsNext(jobs, found.row);

const stillUnreadable = (text: string) => printableLine(`None of its jobs start yet. ${text}`);

/** The effect of a change that lets jobs run. @param row the tenant's, whose status may keep them from running */
export function jobsNext(jobs: number, row: Attributes): string {
  const later = onlyAfter[row['status']?.S ?? ''];
  if (later !== undefined) return later;
  return jobs > 0
    ? `It applies from now on: ${waitingText(jobs)} being checked now.`
    : 'It applies from the next job on.';
}

const onlyAfter: Readonly<Record<string, string>> = {
  pending: 'It applies once the tenant is approved.',
  suspended: 'It applies once the suspension is lifted.',
  'suspended-by-github': 'It applies once the account has unsuspended the App on GitHub.',
  deleted: 'The App is uninstalled: it applies if the account installs it again.',
};

export const waitingText = (jobs: number) =>
  jobs === 1 ? 'the waiting job is' : `the ${jobs} waiting jobs are`;

/** Only what changes is written. */
const editOf = ({ before, after }: { before: Attributes; after: Attributes }): PolicyEdit => ({
  ...Object.fromEntries(Object.keys(before).map((name) => [name, null])),
  ...after,
});

/** The change stays written, whatever this check finds. */
async function verified(call: CommandCall, { found, verify }: TenantChange): Promise<readonly Row[]> {
  if (!verify) return [];
  const now = await tenantById({ client: dynamoClient(call), config: call.config }, found.installationId);
  if (now?.tenant) return verify(now.tenant);
  throw new UsageError(now?.unreadable ?? `${found.login} is gone.`);
}

async function write(
  call: CommandCall,
  change: Pick<TenantChange, 'found' | 'edit' | 'action'> & { before: Attributes; after: Attributes },
): Promise<void> {
  const { found, edit, action, before, after } = change;
  const { installationId, login, row } = found;
  const client = dynamoClient(call);
  const { environment } = call.config;
  const names = {
    tenants: `${environment}-${tables.tenants.suffix}`,
    audit: `${environment}-${tables.audit.suffix}`,
  };
  const reason = call.options['reason'];
  const record = compact<AuditRecord>({
    at: new Date().toISOString(),
    who: await whoRuns(call),
    action,
    reason: typeof reason === 'string' ? reason : undefined,
    before,
    after,
  });
  const items = policyChange({ tables: names, row, edit, record: { ...record, installationId, login } });
  if (await transact(client, items)) return;
  const now = await tenantById({ client, config: call.config }, installationId);
  const others = now ? differenceLines(row, now.row) : [];
  const what = now ? others.map(lineText).join('\n') || '  its version' : '  it is gone';
  throw new UsageError(
    `Somebody changed ${login} (${installationId}) at the same time, so nothing was written:\n${what}\nRun the command again.`,
  );
}
