/** Rows of comma-separated values are the same wherever the stream is cut. */
import { describe, expect, it } from '@jest/globals';
import { csvRows } from '../../lib/cli/costs/export/csv-rows.ts';
import { exportedLine } from '../../lib/cli/costs/export/exported-line.ts';
import { type ExportColumn, exportColumns } from '../../lib/contract/costs-export.ts';
import { fc } from '../support/properties.ts';

async function* pieces(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}
async function rowsOf(text: string, size: number): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const row of csvRows(pieces(text, size))) rows.push(row);
  return rows;
}
const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

describe('csvRows', () => {
  it('reads what was written, in pieces of any size', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' '), maxLength: 5 });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 9 }), async (rows, size) => {
        const text = rows.map((row) => `${row.map(quoted).join(',')}\n`).join('');
        expect(await rowsOf(text, size)).toEqual(rows);
      }),
    );
  });

  it.each([
    [
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['"a",b\r\n', [['a', 'b']]],
    ['a,"b\r\n"\r\n', [['a', 'b\r\n']]],
    ['a,\n', [['a', '']]],
    ['a,""', [['a', '']]],
    ['', []],
  ])('reads %j', async (text, rows) => {
    expect(await rowsOf(text, 1)).toEqual(rows);
  });

  it('takes no file whose last value has no end', async () => {
    await expect(rowsOf('a,"b', 2)).rejects.toThrow('The last value has no end.');
  });
});

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
    'of the type %s is nothing that a machine costs',
    (type) => {
      expect(exportedLine(cellsOf({ line_item_line_item_type: type }))).toBeUndefined();
    },
  );

  it('has the tags as AWS writes their keys', () => {
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

  it('is no row where its amount is no number', () => {
    const cells = cellsOf({ line_item_line_item_type: 'Usage', line_item_unblended_cost: 'x' });
    expect(() => exportedLine(cells)).toThrow('line_item_unblended_cost is "x", not a number.');
  });
});
