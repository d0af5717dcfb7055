/** Reads rows of several tenants. A row that a manual edit broke does not keep the others from being read. */
import { InstallationId } from '../../core/ids.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import type { Attributes } from './attributes.ts';

/**
 * @param keyName the attribute that names the row
 * @param skipped collects the rows that cannot be read
 * @throws OperationalError if a row cannot be read and there is no `skipped`
 */
export function readableRows<Value>(
  rows: readonly Attributes[],
  read: (row: Attributes) => Value,
  { keyName, skipped }: { readonly keyName: string; readonly skipped: UnreadableRow[] | undefined },
): Value[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch (error) {
      if (!skipped || !(error instanceof OperationalError)) throw error;
      const owner = row['installation_id']?.N;
      const key = row[keyName]?.S ?? row[keyName]?.N ?? '';
      const installationId = owner === undefined ? {} : { installationId: InstallationId(Number(owner)) };
      skipped.push({ key, ...installationId, error });
      return [];
    }
  });
}
