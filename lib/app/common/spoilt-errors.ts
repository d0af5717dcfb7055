/** What a part of the sweep or of the reconciler reports of rows that cannot be read: each by name, up to a bound. */
import { OperationalError } from '../../ports/errors.ts';
import type { SpoiltRow } from '../../ports/spoilt-row.ts';

/** Whoever has corrected these sees the next ones. */
const mostNamed = 10;

export function spoiltErrors(rows: readonly SpoiltRow[]): readonly OperationalError[] {
  // Of launches and machines that are read twice, one word each.
  const errors = [...new Map(rows.map(({ key, error }) => [key, error])).values()];
  if (errors.length <= mostNamed) return errors;
  const more = `${errors.length - mostNamed} more rows cannot be read.`;
  return [
    ...errors.slice(0, mostNamed),
    new OperationalError(more, { code: 'UnreadableRow', retryable: false }),
  ];
}
