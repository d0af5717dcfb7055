/** A table for a terminal: the first column left-aligned, the others right-aligned, each as wide as its widest cell. */
import { stripVTControlCharacters, styleText } from 'node:util';

export function drawTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, n) => Math.max(width(title), ...rows.map((row) => width(row[n] ?? ''))));
  const line = (cells: readonly string[]) =>
    `  ${widths.map((wide, n) => pad(cells[n] ?? '', wide, n === 0)).join('   ')}`;
  const rule = `  ${widths.map((wide) => '─'.repeat(wide)).join('   ')}`;
  return [styleText('bold', line(head)), styleText('dim', rule), ...rows.map(line)].join('\n');
}

const width = (cell: string) => [...stripVTControlCharacters(cell)].length;
const pad = (cell: string, wide: number, left: boolean) => {
  const space = ' '.repeat(Math.max(0, wide - width(cell)));
  return left ? cell + space : space + cell;
};
