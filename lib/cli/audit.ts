/**
 * `mayfly audit`: who changed which setting, its old and new values, and why; for one tenant, or for all tenants and
 * the deployment. Read-only.
 */
import type { Attributes } from '../adapters/dynamodb/attributes.ts';
import { auditOf, auditSince } from '../adapters/dynamodb/audit-list.ts';
import { deploymentSubject, tenantSubject } from '../contract/audit.ts';
import { tables } from '../contract/tables.ts';
import { dayMilliseconds } from '../core/days.ts';
import { dynamoClient } from './aws-clients.ts';
import { type Command, jsonOption, UsageError } from './command.ts';
import { outlines } from './outlines.ts';
import { printableLine } from './printable.ts';
import { findTenant } from './tenants/find-tenant.ts';
import { changeLines, type Line, lineText } from './tenants/policy-text.ts';

export const audit: Command = {
  ...outlines.audit,
  details: `
Examples:
  mayfly audit                    the last 7 days, all tenants and the deployment
  mayfly audit acme               every recorded change to one tenant
  mayfly audit --since 24h        also 30m, 7d, or a time such as 2026-11-21T12:00Z

changed-outside: somebody edited the tenant's row without this command, for example with the AWS CLI. The platform
finds it within minutes. CloudTrail shows who it was, if it records data events of the table.
`,
  options: [{ flags: '--since <time>', description: 'start of the period' }, jsonOption],
  async run(call) {
    const { environment } = call.config;
    const client = dynamoClient(call);
    const table = { client, tableName: `${environment}-${tables.audit.suffix}` };
    const [name] = call.positionals;
    const since = sinceOf(call.options['since'], name === undefined ? '7d' : undefined, Date.now());
    const rows =
      name === undefined
        ? await auditSince(table, since)
        : await auditOf(
            table,
            tenantSubject((await findTenant({ client, config: call.config }, name)).installationId),
          );
    const entries = rows
      .map(entryOf)
      .filter(({ at }) => at >= since)
      .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.version - b.version));
    call.io.out(call.options['json'] ? `${JSON.stringify(entries)}\n` : render(entries));
    return 0;
  },
};

export interface AuditEntry {
  readonly at: string;
  readonly about: string;
  readonly installationId?: number;
  readonly version: number;
  readonly who: string;
  readonly action: string;
  readonly reason?: string;
  readonly changed: readonly Line[];
}

export function entryOf(row: Attributes): AuditEntry {
  const id = row['installation_id']?.N;
  const reason = row['reason']?.S;
  return {
    at: row['at']?.S ?? '',
    about: row['login']?.S ?? deploymentSubject,
    ...(id === undefined ? {} : { installationId: Number(id) }),
    version: Number(row['version']?.N ?? 0),
    who: row['who']?.S ?? '',
    action: row['action']?.S ?? '',
    ...(reason === undefined ? {} : { reason }),
    changed: changeLines(row['before']?.M ?? {}, row['after']?.M ?? {}),
  };
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: dayMilliseconds };

/** @returns ISO 8601; empty: no limit */
export function sinceOf(given: unknown, otherwise: string | undefined, now: number): string {
  const text = typeof given === 'string' ? given : otherwise;
  if (text === undefined) return '';
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const at = count === undefined ? timeOf(text) : now - Number(count) * (units[unit] ?? 0);
  if (Number.isFinite(at)) return new Date(at).toISOString();
  throw new UsageError(
    `--since is ${JSON.stringify(text)}; it must be like 30m, 24h, 7d, or a time such as 2026-11-21T12:00Z.`,
  );
}

/** JavaScript reads `5` as May 2001, and guesses at much else. */
const timeOf = (text: string) =>
  /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;

function render(entries: readonly AuditEntry[]): string {
  if (entries.length === 0) return 'Nothing was changed.\n';
  return entries
    .map(({ at, about, installationId, version, who, action, reason, changed }) => {
      const name = installationId === undefined ? about : `${about || '-'} (${installationId})`;
      const subject = version === 0 ? name : `${name}, version ${version}`;
      const why = reason === undefined ? '' : `: ${reason}`;
      const head = printableLine(`${at}  ${subject}  ${action} by ${who}${why}`);
      return [head, ...changed.map((line) => printableLine(`  ${lineText(line)}`)), ''].join('\n');
    })
    .join('\n');
}
