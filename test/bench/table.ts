/** The report for people: a table that names the machine, then how each figure was obtained. It computes nothing. */
import type { Machine } from './machine.ts';
import type { Report, Result } from './result.ts';

export function renderReport(machine: Machine, { results, notes }: Report): string {
  const { cpu, cores, memoryGigabytes, node, load } = machine;
  const missed = results.filter(({ met }) => met === false).map(({ name }) => name);
  return [
    `Machine: ${cpu}, ${cores} cores, ${memoryGigabytes} GB, node ${node}, load ${load} before the run`,
    '',
    ...renderTable(results),
    '',
    missed.length === 0 ? 'Every goal is met.' : `Missed: ${missed.join('; ')}.`,
    '',
    ...notes.map((note) => `- ${note}`),
    '',
  ].join('\n');
}

export function renderTable(results: readonly Result[]): string[] {
  const rows = [
    ['measure', 'value', 'unit', 'goal', ''],
    ...results.map(({ name, value, unit, goal, met }) => [
      name,
      value.toLocaleString('en-US', { maximumFractionDigits: 20 }),
      unit,
      goal ?? '',
      met === null ? '' : met ? 'met' : 'MISSED',
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row
      // Values are right-aligned.
      .map((cell, column) => (column === 1 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [line(rows[0]!), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.slice(1).map(line)];
}
