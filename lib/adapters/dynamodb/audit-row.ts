/**
 * One row of the audit: who changed what, from what, to what, and why. A row is put once, in the transaction of the
 * change that it records, and never over another one. Its version is the tenant's, and it contains the whole policy that
 * a rollback needs. It holds attributes of a tenant's policy and people's own words, never a secret: anything that looks
 * like one is removed here.
 */
import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import {
  configurationSubject,
  deploymentSubject,
  noteEntry,
  tenantSubject,
  versionEntry,
  versionRange,
} from '../../contract/audit.ts';
import { policyAttributes } from '../../contract/tenant-policy.ts';
import { withoutSecrets } from '../../core/redact.ts';
import type { DeployedConfiguration } from '../../ports/deployment-audit.ts';
import { type Attributes, compact, number, optional, text } from './attributes.ts';

export interface AuditRecord {
  /** ISO 8601. */
  readonly at: string;
  /** A function's name, or the ARN of whoever ran a command. */
  readonly who: string;
  readonly action: string;
  readonly reason?: string;
  /** What changed, before and after; absent from one of them: it did not exist. */
  readonly before: Attributes;
  readonly after: Attributes;
}

export interface TenantRecord extends AuditRecord {
  readonly installationId: number;
  readonly login: string;
  /** The version of the tenant's row after the change. */
  readonly version: number;
  /** The whole policy after the change. */
  readonly policy: Attributes;
}

export function tenantAuditItem(tableName: string, record: TenantRecord): TransactWriteItem {
  const Item: Attributes = {
    subject: text(tenantSubject(record.installationId)),
    entry: text(versionEntry(record.version, record.at)),
    ...shared(record),
    installation_id: number(record.installationId),
    login: text(record.login),
    version: number(record.version),
    policy: { M: record.policy },
  };
  return putOnce(tableName, clean(Item));
}

export type TenantNote = AuditRecord & Pick<TenantRecord, 'installationId' | 'login'>;

/** About a tenant, but not a change of its policy. `id` is the same for what must be recorded only once. */
export const tenantNoteRow = (record: TenantNote, id: string): Attributes =>
  clean({
    subject: text(tenantSubject(record.installationId)),
    entry: text(noteEntry(id)),
    ...shared(record),
    installation_id: number(record.installationId),
    login: text(record.login),
  });

export const tenantNoteItem = (tableName: string, record: TenantNote, id: string): TransactWriteItem =>
  putOnce(tableName, tenantNoteRow(record, id));

/** About the deployment as a whole. `id` tells apart two of the same moment. */
export const deploymentAuditRow = (record: AuditRecord, id: string): Attributes =>
  clean({ subject: text(deploymentSubject), entry: text(`${record.at}#${id}`), ...shared(record) });

/** The same, for what is recorded once: `id` begins with its time, and stays the same. */
export const deploymentNoteRow = (record: AuditRecord, id: string): Attributes => ({
  ...deploymentAuditRow(record, ''),
  entry: text(withoutSecrets(id)),
});

export const deploymentAuditItem = (tableName: string, record: AuditRecord, id: string): TransactWriteItem =>
  putOnce(tableName, deploymentAuditRow(record, id));

/** A whole deployed configuration. Its version alone is the key, so that of two writers at once only one succeeds. */
export const configurationAuditRow = (
  record: AuditRecord,
  deployed: DeployedConfiguration & { readonly version: number },
): Attributes =>
  clean({
    subject: text(configurationSubject),
    entry: text(versionRange(deployed.version)),
    ...shared(record),
    version: number(deployed.version),
    configuration: text(deployed.configuration),
    code: text(deployed.code),
  });

const shared = ({ at, who, action, reason, before, after }: AuditRecord): Attributes =>
  compact<Attributes>({
    at: text(at),
    who: text(who),
    action: text(action),
    reason: optional(reason, text),
    before: { M: before },
    after: { M: after },
  });

const clean = (row: Attributes): Attributes =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [withoutSecrets(name), cleanValue(value)]));

function cleanValue(value: AttributeValue): AttributeValue {
  if (value.S !== undefined) return text(withoutSecrets(value.S));
  if (value.SS) return { SS: value.SS.map(withoutSecrets) };
  if (value.L) return { L: value.L.map(cleanValue) };
  return value.M ? { M: clean(value.M) } : value;
}

const putOnce = (TableName: string, Item: Attributes): TransactWriteItem => ({
  Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(subject)' },
});

/** The version of the tenant's row. */
export const policyRow = (row: Attributes): Attributes =>
  Object.fromEntries(policyAttributes.flatMap((name) => (row[name] ? [[name, row[name]]] : [])));
