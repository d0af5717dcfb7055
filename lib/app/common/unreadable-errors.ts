/**
 * What a part of the sweep or of the reconciler reports about rows that cannot be read: each by name, up to a
 * limit.
 */
import { OperationalError } from '../../ports/errors.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';

/** Once these are corrected, the next ones are reported. */
const mostNamed = 10;

export function unreadableErrors(rows: readonly UnreadableRow[]): readonly OperationalError[] {
  // Launches and machines that are read twice are reported once.
  const errors = [...new Map(rows.map(({ key, error }) => [key, error])).values()];
  if (errors.length <= mostNamed) return errors;
  const more = `${errors.length - mostNamed} more rows cannot be read.`;
  return [
    ...errors.slice(0, mostNamed),
    new OperationalError(more, { code: 'UnreadableRow', retryable: false }),
  ];
}
