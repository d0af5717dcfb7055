/**
 * AWS's bill as rows of a CUR 2.0 export, by day and resource, in the format of AWS's gzip-compressed CSV: each value in
 * quotes, times with milliseconds, small amounts with exponents. Beside the costs of machines are rows that must not be
 * mistaken for them: separate discounts, credits, taxes, fees, and usage by other accounts and services.
 * Sources: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-line-item.html (types of line items),
 * https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-resource-tags.html (only active tags, in one map column)
 */
import { exportTagOf } from '../../contract/costs-export.ts';
import type { ActiveTag } from '../aws/cost-and-usage.ts';
import type { BillLine } from './bill-lines.ts';

/** By column. AWS does not have other columns, or the laptop does not support them. */
export type ExportRow = Readonly<Record<string, string>>;

export const rowColumns = [
  'bill_payer_account_id',
  'identity_line_item_id',
  'line_item_usage_start_date',
  'line_item_usage_account_id',
  'line_item_resource_id',
  'line_item_usage_type',
  'line_item_line_item_type',
  'line_item_product_code',
  'line_item_unblended_cost',
  'savings_plan_savings_plan_effective_cost',
  'reservation_effective_cost',
  'resource_tags',
] as const;

interface RowsOf {
  readonly accountId: string;
  readonly active: ReadonlyMap<string, ActiveTag>;
}

/** @param month `2026-11` */
export function exportRows(lines: readonly BillLine[], month: string, of: RowsOf): ExportRow[] {
  const own = lines.filter(({ day }) => day.startsWith(month));
  const rows = [...byDayAndResource(own).values()].flatMap((line) => rowsOf(line, of));
  const total = own.reduce((sum, { micros }) => sum + micros, 0);
  return [...rows, ...ofTheAccount(month, total, of)];
}

/** Time granularity DAILY: one row for the hours of a day, a resource and a kind of usage. */
function byDayAndResource(lines: readonly BillLine[]): Map<string, BillLine> {
  const rows = new Map<string, BillLine>();
  for (const line of lines) {
    const key = [line.day, line.resourceId, line.usageType].join('\n');
    const known = rows.get(key);
    const { micros, listMicros = micros } = line;
    rows.set(key, {
      ...line,
      micros: micros + (known?.micros ?? 0),
      listMicros: listMicros + (known?.listMicros ?? 0),
    });
  }
  return rows;
}

function rowsOf({ micros, listMicros = micros, ...line }: BillLine, of: RowsOf): ExportRow[] {
  const tags = [...line.tags].filter(([key]) => {
    const active = of.active.get(key);
    return active !== undefined && line.day >= active.from;
  });
  const named = Object.fromEntries(tags.map(([key, value]) => [exportTagOf(key), value]));
  const common = {
    ...row(line.day, of),
    line_item_resource_id: line.resourceId ?? '',
    line_item_usage_type: line.usageType,
    line_item_product_code: line.usageType.startsWith('PublicIPv4') ? 'AmazonVPC' : 'AmazonEC2',
    resource_tags: JSON.stringify(named),
  };
  const usage = {
    ...common,
    line_item_line_item_type: 'Usage',
    line_item_unblended_cost: dollars(listMicros),
  };
  if (listMicros === micros) return [usage];
  const off = {
    line_item_line_item_type: 'EdpDiscount',
    line_item_unblended_cost: dollars(micros - listMicros),
  };
  return [usage, { ...common, ...off }];
}

/** Rows of the whole account, every month: none of them is a machine's cost. */
function ofTheAccount(month: string, total: number, of: RowsOf): ExportRow[] {
  const day = `${month}-01`;
  const line = (type: string, micros: number, usageType = '') => ({
    ...row(day, of),
    line_item_line_item_type: type,
    line_item_usage_type: usageType,
    line_item_unblended_cost: dollars(micros),
  });
  return [
    line('Credit', -total / 2, 'BoxUsage:m5.large'),
    line('Tax', total / 5),
    line('SavingsPlanRecurringFee', 1_000_000, 'ComputeSP:1yrNoUpfront'),
    { ...line('Usage', 250_000, 'Lambda-GB-Second-ARM'), line_item_product_code: 'AWSLambda' },
    { ...line('Usage', 5_000_000, 'BoxUsage:m5.large'), line_item_usage_account_id: '999999999999' },
  ];
}

const row = (day: string, { accountId }: RowsOf): Record<string, string> => ({
  bill_payer_account_id: accountId,
  line_item_usage_start_date: `${day}T00:00:00.000Z`,
  line_item_usage_account_id: accountId,
  line_item_resource_id: '',
  line_item_product_code: '',
  savings_plan_savings_plan_effective_cost: '0.0',
  reservation_effective_cost: '0.0',
  resource_tags: '{}',
});

/** Ten decimals, and an exponent below a thousandth: Java's BigDecimal and Double write the files. */
function dollars(micros: number): string {
  const rounded = Number((micros / 1_000_000).toFixed(10));
  return rounded !== 0 && Math.abs(rounded) < 0.001
    ? rounded.toExponential().replace('e', 'E')
    : String(rounded);
}

const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;

export const csvOf = (columns: readonly string[], rows: readonly ExportRow[]): string =>
  [columns, ...rows.map((one) => columns.map((column) => one[column] ?? ''))]
    .map((cells) => `${cells.map(quoted).join(',')}\n`)
    .join('');
