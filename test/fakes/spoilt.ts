/**
 * Rows that a hand spoilt, as the real stores find them: whoever reads one whole fails with its name, or leaves it out where it
 * says so. Conditional writes that look at other attributes succeed, as in DynamoDB.
 */
import type { InstallationId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { SpoiltRow } from '../../lib/ports/spoilt-row.ts';
import type { StoreWorld } from './world.ts';

export type SpoiltTable = 'launches' | 'runners' | 'jobs' | 'usage';

export const spoiltName = (table: SpoiltTable, key: string | number) => `${table} row ${key}`;

interface Owned {
  readonly installationId: InstallationId;
}

/** @throws OperationalError where one is spoilt, and there is no `skipped` */
export function readable<Row extends Owned>(
  { spoilt }: StoreWorld,
  rows: readonly Row[],
  {
    table,
    keyOf,
    skipped,
  }: { table: SpoiltTable; keyOf(row: Row): string; skipped?: SpoiltRow[] | undefined },
): Row[] {
  if (spoilt.size === 0) return [...rows];
  return rows.filter((row) => {
    const key = keyOf(row);
    const name = spoiltName(table, key);
    if (!spoilt.has(name)) return true;
    const error = new OperationalError(`In the ${name}, tier is missing; it must be a text (S).`, {
      code: 'UnreadableRow',
      retryable: false,
    });
    if (!skipped) throw error;
    skipped.push({ key, installationId: row.installationId, error });
    return false;
  });
}
