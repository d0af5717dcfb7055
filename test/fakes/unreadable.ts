/**
 * Rows broken by manual edits, as the real stores find them: whoever reads one whole fails with its name, or leaves it out where it
 * says so. Conditional writes that look at other attributes succeed, as in DynamoDB.
 */
import type { InstallationId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { UnreadableRow } from '../../lib/ports/unreadable-row.ts';
import type { StoreWorld } from './world.ts';

export type UnreadableTable = 'launches' | 'runners' | 'jobs' | 'usage';

export const unreadableName = (table: UnreadableTable, key: string | number) => `${table} row ${key}`;

interface Owned {
  readonly installationId: InstallationId;
}

/** @throws OperationalError where one is unreadable, and there is no `skipped` */
export function readable<Row extends Owned>(
  { unreadable }: StoreWorld,
  rows: readonly Row[],
  {
    table,
    keyOf,
    skipped,
  }: { table: UnreadableTable; keyOf(row: Row): string; skipped?: UnreadableRow[] | undefined },
): Row[] {
  if (unreadable.size === 0) return [...rows];
  return rows.filter((row) => {
    const key = keyOf(row);
    const name = unreadableName(table, key);
    if (!unreadable.has(name)) return true;
    const error = new OperationalError(`In the ${name}, tier is missing; it must be a text (S).`, {
      code: 'UnreadableRow',
      retryable: false,
    });
    if (!skipped) throw error;
    skipped.push({ key, installationId: row.installationId, error });
    return false;
  });
}
