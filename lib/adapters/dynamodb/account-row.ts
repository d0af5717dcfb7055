/**
 * The row of an account: its newest installation, in the table of notes, where nobody lists rows. It is needed only until the
 * index by account shows that installation, which takes seconds, and is deleted after a month. Whoever empties the table
 * loses no more than that.
 */
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { InstallationId } from '../../core/ids.ts';
import type { AccountRow, NewTenant } from '../../ports/tenants.ts';
import { type Attributes, number, text } from './attributes.ts';
import { updateItem } from './write.ts';

const keptSeconds = 30 * 24 * 60 * 60;

export const accountKey = (accountId: number): Attributes => ({
  name: text(`newest-installation/${accountId}`),
});

/** Undefined: there is no such row, or an edit left no number in it. */
export function newestIn(row: Attributes | undefined): InstallationId | undefined {
  const newest = row?.['newest_installation']?.N;
  return newest === undefined ? undefined : InstallationId(Number(newest));
}

/** Met only if the row is as it was read: of two installations that are created at once, one has to follow the other. */
export function accountItem(
  tableName: string,
  { accountId, createdAt }: NewTenant,
  { recorded, newest }: AccountRow,
): TransactWriteItem {
  const asRead =
    recorded === undefined
      ? { condition: 'NOT attribute_type(#newest_installation, :number)', values: { ':number': text('N') } }
      : { condition: '#newest_installation = :read', values: { ':read': number(recorded) } };
  return updateItem({
    tableName,
    key: accountKey(accountId),
    update: 'SET #newest_installation = :newest, #expires_at = :expires_at',
    condition: asRead.condition,
    values: {
      ...asRead.values,
      ':newest': number(newest),
      ':expires_at': number(Math.ceil(Date.parse(createdAt) / 1000) + keptSeconds),
    },
  });
}
