/** A line for each check, with how to fix it if it failed, for `tenant validate` and `tenant test`. */
import { styleText } from 'node:util';
import { printableLine } from '../printable.ts';
import type { Row } from '../verify-report.ts';

const wide = 'SKIPPED'.length;

export function checkLines(rows: readonly Row[]): string {
  const longest = Math.max(...rows.map(({ check }) => check.length));
  const lines = rows.flatMap(({ check, verdict, found, remedy }) => [
    `  ${colored(verdict)}  ${check.padEnd(longest)}  ${printableLine(found)}`,
    ...(remedy === '' ? [] : [`  ${' '.repeat(wide)}  ${' '.repeat(longest)}  → ${printableLine(remedy)}`]),
  ]);
  return `${lines.join('\n')}\n`;
}

export const hasFailed = (rows: readonly Row[]) => rows.some(({ verdict }) => verdict === 'FAIL');

const colored = (verdict: Row['verdict']) =>
  verdict === 'FAIL' ? styleText('red', verdict.padEnd(wide)) : verdict.padEnd(wide);
