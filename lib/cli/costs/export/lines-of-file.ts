/** One file of the export, line by line as it streams in: whatever is wrong with it ends the whole, and no line is left out. */
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { type ExportColumn, exportColumns } from '../../../contract/costs-export.ts';
import type { ExportedLine } from '../../../core/compare-export.ts';
import { UsageError } from '../../command.ts';
import { exportedLine } from './exported-line.ts';

/** AWS's rows are a few hundred characters long; one that does not end is no such file. */
const mostCharacters = 1_000_000;

/** @throws UsageError where a column is missing; Error where the file is cut, or is no such file */
export async function* linesOfFile(body: Readable, key: string): AsyncGenerator<ExportedLine> {
  const rows = parse({
    columns: (head: string[]) => wantedColumns(head, key),
    max_record_size: mostCharacters,
  });
  // A connection that breaks is an error of the last of them, which is the one that is read.
  pipeline(body, createGunzip(), rows, () => undefined);
  for await (const row of rows) {
    const line = exportedLine(row as Record<ExportColumn, string>);
    if (line) yield line;
  }
}

/** `false` is a column that nobody reads. */
function wantedColumns(head: readonly string[], key: string): (string | false)[] {
  const missing = exportColumns.filter((column) => !head.includes(column));
  if (missing.length > 0)
    throw new UsageError(
      `${key} has no column ${missing.join(', ')}. Run mayfly costs export disable, then enable.`,
    );
  const wanted = new Set<string>(exportColumns);
  return head.map((column) => wanted.has(column) && column);
}
