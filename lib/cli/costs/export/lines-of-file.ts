/**
 * Reads one file of the export line by line as it streams in. Any fault ends the whole read, so no line is silently
 * left out.
 */
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { type ExportColumn, exportColumns } from '../../../contract/costs-export.ts';
import type { ExportedLine } from '../../../core/compare-export.ts';
import { UsageError } from '../../command.ts';
import { exportedLine } from './exported-line.ts';

/** AWS's rows have a few hundred characters. A longer one means that this is not such a file. */
const mostCharacters = 1_000_000;

/** @throws UsageError if a column is missing; Error if the file is truncated or of another kind */
export async function* linesOfFile(body: Readable, key: string): AsyncGenerator<ExportedLine> {
  const rows = parse({
    columns: (head: string[]) => wantedColumns(head, key),
    max_record_size: mostCharacters,
  });
  // A broken connection also becomes an error of `rows`, the last stream, which the loop reads.
  pipeline(body, createGunzip(), rows, () => undefined);
  for await (const row of rows) {
    const line = exportedLine(row as Record<ExportColumn, string>);
    if (line) yield line;
  }
}

/** `false` skips a column. */
function wantedColumns(head: readonly string[], key: string): (string | false)[] {
  const missing = exportColumns.filter((column) => !head.includes(column));
  if (missing.length > 0)
    throw new UsageError(
      `${key} has no column ${missing.join(', ')}. Run mayfly costs export disable, then enable.`,
    );
  const wanted = new Set<string>(exportColumns);
  return head.map((column) => wanted.has(column) && column);
}
