/** A month's sums as a FOCUS 1.2 file: comma-separated values, where an empty cell is a null. */
import { type FocusPlace, focusColumns, focusRow } from '../../core/focus.ts';
import type { UsageSum } from '../../core/usage-sum.ts';
import { csvText } from './csv.ts';

export function costsFocus(sums: readonly UsageSum[], place: FocusPlace): string {
  const rows = sums.toSorted(byDayAndTenant).map((sum) => focusRow(sum, place));
  const lines = [focusColumns, ...rows.map((row) => focusColumns.map((column) => cell(row[column])))];
  return lines.map((cells) => `${cells.join(',')}\n`).join('');
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  // No exponent and no separators, as the specification's Numeric Format requires.
  return typeof value === 'number' ? String(Number(value.toFixed(6))) : csvText(value);
}

const byDayAndTenant = (one: UsageSum, other: UsageSum) =>
  one.day.localeCompare(other.day) || one.installationId - other.installationId;
