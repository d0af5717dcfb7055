/** What a file of the export says, wherever the stream is cut, and what each of its rows costs. */
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { exportedLine } from '../../lib/cli/costs/export/exported-line.ts';
import { linesOfFile } from '../../lib/cli/costs/export/lines-of-file.ts';
import { type ExportColumn, exportColumns } from '../../lib/contract/costs-export.ts';
import type { ExportedLine } from '../../lib/core/compare-export.ts';
import { fc } from '../support/properties.ts';

const cellsOf = (changes: Partial<Record<ExportColumn, string>>) =>
  ({
    ...Object.fromEntries(exportColumns.map((column) => [column, ''])),
    line_item_usage_start_date: '2026-10-03T00:00:00.000Z',
    line_item_usage_type: 'EUW1-SpotUsage:m5.large',
    line_item_unblended_cost: '1.25E-4',
    savings_plan_savings_plan_effective_cost: '0.5',
    reservation_effective_cost: '0.25',
    ...changes,
  }) as Record<ExportColumn, string>;

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const textOf = (rows: readonly (readonly string[])[]) =>
  rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');

/** In pieces of this many bytes. */
async function read(text: string, size = 7, cut = 0) {
  const bytes = gzipSync(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  );
  const lines: ExportedLine[] = [];
  const body = Readable.from(cut > 0 ? pieces.slice(0, -cut) : pieces);
  for await (const line of linesOfFile(body, 'a.csv.gz')) lines.push(line);
  return lines;
}

describe('a file of the bill', () => {
  it('is read in any order of columns and any chunks, with commas, quotes and line breaks in values', async () => {
    const id = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' '),
      minLength: 1,
      maxLength: 5,
    });
    const ids = fc.array(id, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(ids, fc.integer({ min: 1, max: 40 }), async (resources, size) => {
        const head = [...exportColumns, 'another'].toReversed();
        const rows = resources.map((line_item_resource_id) => {
          const cells = cellsOf({ line_item_line_item_type: 'Usage', line_item_resource_id });
          return ['unread', ...[...exportColumns].toReversed().map((column) => cells[column])];
        });
        const lines = await read(textOf([head, ...rows]), size);
        expect(lines.map(({ resourceId }) => resourceId)).toEqual(resources);
      }),
      { numRuns: 50 },
    );
  });

  it('is refused without a required column, which is named', async () => {
    await expect(read(textOf([exportColumns.slice(1)]))).rejects.toThrow(
      'a.csv.gz has no column line_item_usage_start_date. Run mayfly costs export disable, then enable.',
    );
  });

  const row = exportColumns.map((column) => cellsOf({ line_item_line_item_type: 'Usage' })[column]);
  it.each([
    ['a row that is too short', textOf([exportColumns, row.slice(1)]), /Invalid Record Length/],
    ['a value without an end', `${textOf([exportColumns])}"a`, /Quote Not Closed/],
  ])('with %s is read no further', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('is an error if it is truncated, not a shorter file', async () => {
    const text = textOf([exportColumns, ...Array.from({ length: 500 }, () => row)]);
    await expect(read(text, 50, 1)).rejects.toThrow('unexpected end of file');
  });
});

describe('a row of the bill', () => {
  it.each([
    ['Usage', 125],
    ['EdpDiscount', 125],
    ['SavingsPlanCoveredUsage', 500_000],
    ['DiscountedUsage', 250_000],
  ])('of the type %s costs %d micro-dollars', (type, micros) => {
    const line = exportedLine(cellsOf({ line_item_line_item_type: type }));
    expect(line).toMatchObject({ day: '2026-10-03', component: 'compute', isSpot: true, micros });
  });

  it.each([['Credit'], ['Tax'], ['Refund'], ['SavingsPlanNegation'], ['RIFee'], ['toString']])(
    'of the type %s is not a cost of a machine',
    (type) => {
      expect(exportedLine(cellsOf({ line_item_line_item_type: type }))).toBeUndefined();
    },
  );

  it('has the tags with keys as AWS writes them', () => {
    const tags = {
      user_ghr_tenant_id: '101',
      user_ghr_tenant_tier: 'small',
      user_ghr_environment: 'my-saas',
    };
    const line = exportedLine(
      cellsOf({ line_item_line_item_type: 'Usage', resource_tags: JSON.stringify(tags) }),
    );
    expect(line).toMatchObject({ environment: 'my-saas', installationId: 101, tier: 'small' });
  });

  it('is ignored if its amount is not a number', () => {
    const cells = cellsOf({ line_item_line_item_type: 'Usage', line_item_unblended_cost: 'x' });
    expect(() => exportedLine(cells)).toThrow('line_item_unblended_cost is "x", not a number.');
  });
});
