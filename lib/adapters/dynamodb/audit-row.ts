/**
 * One row of the audit: who changed what, from what, to what, and why. A row is put once, in the transaction of the change
 * that it tells of, and never over another one. Its version is the tenant's; the policy beside it is all that a rollback
 * needs. It holds attributes of a tenant's policy and words of people, and no secret: what looks like one is taken out here,
 * whoever wrote it.
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
  /** What changed, as it was and as it is; absent in one of them: it was not there. */
  readonly before: Attributes;
  readonly after: Attributes;
}

export interface TenantRecord extends AuditRecord {
  readonly installationId: number;
  readonly login: string;
  /** Of the tenant's row, after the change. */
  readonly version: number;
  /** All of its policy, after the change. */
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

/** About a tenant, and no change of its policy. `id` is the same for what is to be recorded once. */
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

/** About the deployment as a whole. `id` keeps two of the same moment apart. */
export const deploymentAuditRow = (record: AuditRecord, id: string): Attributes =>
  clean({ subject: text(deploymentSubject), entry: text(`${record.at}#${id}`), ...shared(record) });

/** The same, of what is recorded once: `id` begins with its time, and is the same then. */
export const deploymentNoteRow = (record: AuditRecord, id: string): Attributes => ({
  ...deploymentAuditRow(record, ''),
  entry: text(withoutSecrets(id)),
});

export const deploymentAuditItem = (tableName: string, record: AuditRecord, id: string): TransactWriteItem =>
  putOnce(tableName, deploymentAuditRow(record, id));

/** What was deployed, whole. Its key is its version alone, so that of two who record at once one does. */
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

/** Of a tenant's row. */
export const policyRow = (row: Attributes): Attributes =>
  Object.fromEntries(policyAttributes.flatMap((name) => (row[name] ? [[name, row[name]]] : [])));
