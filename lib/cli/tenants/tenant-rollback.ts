/**
 * `mayfly tenant rollback TENANT`: restores an earlier policy from the audit, in one write that is itself recorded.
 * Whether a tenant may run at all is not rolled back: suspend and resume are commands of their own.
 */
import type { Attributes } from '../../adapters/dynamodb/attributes.ts';
import { auditOf } from '../../adapters/dynamodb/audit-list.ts';
import type { PolicyEdit } from '../../adapters/dynamodb/policy-change.ts';
import { tenantSubject } from '../../contract/audit.ts';
import { tables } from '../../contract/tables.ts';
import { type PolicyAttribute, policyAttributes } from '../../contract/tenant-policy.ts';
import type { Tenant } from '../../core/tenant.ts';
import { entryOf } from '../audit.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, type CommandCall, UsageError } from '../command.ts';
import { expectedMessage } from '../expected-message.ts';
import { printableLine } from '../printable.ts';
import { stackOption } from '../setup/stack-option.ts';
import { failed, type Row } from '../verify-report.ts';
import { changeTenant } from './change-tenant.ts';
import { type FoundTenant, namedTenant, tenantPositional } from './find-tenant.ts';
import { nextOf } from './kept-group.ts';
import { differenceLines, lineText } from './policy-text.ts';
import { changeOptions } from './tenant-options.ts';
import { validateTenant } from './tenant-validate.ts';

const statusAttributes: readonly PolicyAttribute[] = ['status', 'status_before_deletion', 'suspended_by'];
const restored = policyAttributes.filter((name) => !statusAttributes.includes(name));

export const tenantRollback: Command = {
  name: 'tenant rollback',
  summary: "restore an earlier version of a tenant's policy",
  details: `
Examples:
  mayfly tenant rollback acme --list           its versions, and what each would change now
  mayfly tenant rollback acme --dry-run        what undoing the last change would change
  mayfly tenant rollback acme                  undoes the last change; a second run restores it
  mayfly tenant rollback acme --to 3

It restores plan, limits, tiers, weight, level, group and repositories, but not whether the tenant is suspended. Then it checks the tenant as mayfly tenant validate does.
`,
  exitOne: 'the policy is restored, but a check of the tenant failed; the line below it says how to fix it',
  positionals: [tenantPositional],
  options: [
    { flags: '--to <version>', description: 'the version to go back to' },
    stackOption,
    { flags: '--list', description: 'list the versions, and change nothing' },
    ...changeOptions,
  ],
  async run(call) {
    const client = dynamoClient(call);
    const found = await namedTenant(call);
    const table = { client, tableName: `${call.config.environment}-${tables.audit.suffix}` };
    const versions = versionsOf(await auditOf(table, tenantSubject(found.installationId)));
    if (call.options['list']) return list(call, found, versions);
    const wanted = choose(call, found, versions);
    const edit: PolicyEdit = Object.fromEntries(restored.map((name) => [name, wanted.policy[name] ?? null]));
    const next = nextOf(found, edit);
    return changeTenant(call, {
      found,
      edit,
      action: `rolled-back-to-${wanted.version}`,
      verify: (tenant) => checked(call, tenant),
      ...(next ? { next } : {}),
    });
  },
};

/** The policy is restored by now, so what keeps it from being checked is a failed check, never the command's failure. */
async function checked(call: CommandCall, tenant: Tenant): Promise<Row[]> {
  try {
    return await validateTenant(call, tenant);
  } catch (error) {
    const found =
      error instanceof UsageError
        ? error.message
        : expectedMessage(error, { ...call, command: tenantRollback.name });
    if (found === undefined) throw error;
    const how = `The policy is restored, but not checked: do not roll back again. Check it later: npx mayfly tenant validate ${tenant.accountLogin}`;
    return [failed('check', found, how)];
  }
}

interface Version {
  readonly version: number;
  readonly row: Attributes;
  readonly policy: Attributes;
}

/** Newest first. */
const versionsOf = (rows: readonly Attributes[]): Version[] =>
  rows
    .filter((row) => row['policy'] !== undefined)
    .map((row) => ({ version: Number(row['version']?.N ?? 0), row, policy: row['policy']?.M ?? {} }))
    .toReversed();

const comparable = (row: Attributes): Attributes =>
  Object.fromEntries(restored.flatMap((name) => (row[name] ? [[name, row[name]]] : [])));

/** What restoring this version would change now. */
const changes = (found: FoundTenant, { policy }: Version) =>
  differenceLines(comparable(found.row), comparable(policy));

function choose(call: CommandCall, found: FoundTenant, versions: readonly Version[]): Version {
  const to = call.options['to'];
  if (typeof to === 'string') {
    const wanted = versions.find(({ version }) => String(version) === to);
    if (wanted) return wanted;
    const known = versions.map(({ version }) => version).toReversed();
    throw new UsageError(
      `${found.login} has no version ${JSON.stringify(to)}; recorded versions are ${known.join(', ') || 'none'}.`,
    );
  }
  const before = versions.find((version) => changes(found, version).length > 0);
  if (before) return before;
  throw new UsageError(
    `No other version of the policy of ${found.login} is recorded: there is nothing to go back to.`,
  );
}

function list(call: CommandCall, found: FoundTenant, versions: readonly Version[]): number {
  const shown = versions.map((version) => ({
    ...entryOf(version.row),
    wouldChange: changes(found, version),
  }));
  if (call.options['json']) {
    call.io.out(`${JSON.stringify(shown)}\n`);
    return 0;
  }
  const lines = shown.flatMap(({ version, at, action, who, reason, wouldChange }) => [
    printableLine(`${version}  ${at}  ${action} by ${who}${reason === undefined ? '' : `: ${reason}`}`),
    ...(wouldChange.length === 0
      ? ['    as it is now']
      : wouldChange.map((line) => printableLine(`  ${lineText(line)}`))),
  ]);
  call.io.out(lines.length === 0 ? 'Nothing is recorded yet.\n' : `${lines.join('\n')}\n`);
  return 0;
}
