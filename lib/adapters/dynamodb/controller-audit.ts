/** The audit row for a change of controllers, in the change's own transaction: neither exists without the other. */
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { platformOwner } from '../../core/controllers/controller.ts';
import type { ControllerRecord } from '../../core/controllers/record.ts';
import type { InstallationId } from '../../core/ids.ts';
import { type Attributes, text } from './attributes.ts';
import { deploymentAuditItem, tenantNoteItem } from './audit-row.ts';

/** @returns nothing if there is nothing to record */
export function controllerAuditItems(
  tableName: string | undefined,
  owner: InstallationId,
  record: ControllerRecord | undefined,
): TransactWriteItem[] {
  if (!record) return [];
  if (tableName === undefined)
    throw new Error('Changes of controllers must be recorded in the audit; create this store with one.');
  const { id, login, before, after, ...about } = record;
  const written = { ...about, before: texts(before), after: texts(after) };
  return owner === platformOwner
    ? [deploymentAuditItem(tableName, written, id)]
    : [tenantNoteItem(tableName, { ...written, login, installationId: owner }, `${record.at}#${id}`)];
}

const texts = (values: Readonly<Record<string, string>>): Attributes =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)]));
