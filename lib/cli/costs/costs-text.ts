/** A cost report for a terminal, for a spreadsheet, and for programs. Names from outside are sanitized. */
import type { Correction } from '../../core/correction.ts';
import type { Forecast } from '../../core/forecast.ts';
import { amount, exactDollars } from '../../core/micros.ts';
import { assumedBusy, components } from '../../core/price.ts';
import type { CostLine, CostReport, Grouping } from '../../core/usage-report.ts';
import type { Waste } from '../../core/usage-sum.ts';
import { counted } from '../counted.ts';
import { printableLine } from '../printable.ts';
import { drawTable } from '../table.ts';
import { type CapLine, capText } from './cap-lines.ts';
import { inPercent } from './compare-text.ts';
import { csvText } from './csv.ts';
import type { Month } from './month.ts';

export interface Asked {
  readonly month: Month;
  readonly by: Grouping;
  /** The login, if the report is about one tenant. */
  readonly tenant?: string;
  /** The expected cost of the whole month. */
  readonly forecast?: Forecast;
  /** Spending against spend caps now; empty: no tenant has one, or the month is over. */
  readonly caps: readonly CapLine[];
  /** Absent: no day of the month was compared with AWS's bill. */
  readonly correction?: Pick<Correction, 'days' | 'uncertainty'>;
}

/** Nobody reads more lines than this; the other formats contain all. */
const mostLines = 50;

export function costsTable(report: CostReport, asked: Asked): string {
  const { month, by, tenant, forecast, caps } = asked;
  const { lines, total } = report;
  const title = `Costs of ${month.name}${month.isOpen ? ' so far' : ''}, ${tenant ?? 'all tenants'}, in US dollars`;
  if (lines.length === 0)
    return `${printableLine(title)}\n\n  No machine that was launched then has ended yet.\n`;
  const head = [
    by,
    'machines',
    'jobs',
    'hours',
    'compute',
    'CPU credits',
    'disk',
    'address',
    'total',
    ...afterHead(asked),
  ];
  const shown = lines.slice(0, mostLines).map(cells);
  const rest = lines.length - shown.length;
  return [
    printableLine(title),
    '',
    drawTable(head, [...shown, cells(total)]),
    ...(rest > 0 ? ['', `  ${rest} more; --format csv has all.`] : []),
    '',
    ...[...forecastNote(forecast), ...comparisonNote(asked), ...notes(report, month)].map(
      (note) => `  ${note}`,
    ),
    ...capNotes(caps).map((note) => `  ${printableLine(note)}`),
    '',
  ].join('\n');
}

const capNotes = (caps: readonly CapLine[]) => [
  ...caps
    .slice(0, mostLines)
    .map((cap) => `Spend cap, including what running machines may cost: ${capText(cap)}`),
  ...(caps.length > mostLines ? [`${caps.length - mostLines} more spend caps; --format json has all.`] : []),
];

function cells({ name, machines, jobs, seconds, cost, total, afterComparison }: CostLine): string[] {
  return [
    printableLine(name),
    count(machines),
    count(jobs),
    (seconds / 3600).toFixed(1),
    ...components.map((component) => amount(cost[component])),
    amount(total),
    ...(afterComparison === undefined ? [] : [amount(afterComparison)]),
  ];
}

const afterHead = ({ correction }: Asked) => (correction ? ['after comparison'] : []);

function comparisonNote({ correction }: Asked): string[] {
  if (!correction) return [];
  const { days, uncertainty } = correction;
  const off =
    uncertainty === undefined
      ? 'the other days are estimated from them'
      : `the other days are estimated from them, to ${inPercent(uncertainty)} 19 times in 20`;
  return [`After comparison: ${counted(days.length, 'day')} as AWS billed; ${off}.`];
}

const forecastNote = (forecast: Forecast | undefined) =>
  forecast === undefined
    ? []
    : [
        `Forecast for the month: ${amount(forecast.total)}, from the last ${counted(forecast.days, 'whole day')}.`,
      ];

function notes({ waste, unpriced, unpricedTypes, priceLists, total }: CostReport, month: Month): string[] {
  const part = ({ machines, total: cost }: Waste, one: string, many: string) =>
    machines === 0 ? [] : [`${counted(machines, one, many)} ${amount(cost)}`];
  const wasted = [
    ...part(waste.idle, 'machine without a job', 'machines without a job'),
    ...part(waste.cancelled, 'cancelled job', 'cancelled jobs'),
    ...part(waste.lostSpot, 'job lost with its spot machine', 'jobs lost with their spot machines'),
  ];
  const { compute = 0, disk = 0, address = 0 } = unpriced;
  const missing = (machines: number, what: string) =>
    machines === 0 ? [] : [`No price for ${what} of ${counted(machines, 'machine')}: the sums are too low.`];
  return [
    ...(wasted.length === 0 ? [] : [`Of this, wasted: ${wasted.join('; ')}`]),
    ...missing(compute, `the instance types (${unpricedTypes.map(printableLine).join(', ')})`),
    ...missing(disk, 'the disks'),
    ...missing(address, 'the addresses'),
    ...(month.isPartlyGone ? ['Records of some days of this month are gone: the sums are too low.'] : []),
    ...(total.cost.surplus === 0
      ? []
      : [`CPU credits are an estimate, at ${assumedBusy / 10}% CPU on average.`]),
    `List prices of ${priceLists.join(', ')}; AWS's bill has discounts, data transfer and shared resources. See docs/COSTS.md.`,
  ];
}

const count = (value: number) => value.toLocaleString('en-US');

export function costsCsv({ lines }: CostReport, asked: Asked): string {
  const { month, by } = asked;
  const after = afterHead(asked).map((name) => name.replaceAll(' ', '_'));
  const head = ['month', by, 'machines', 'jobs', 'seconds', ...components, 'total', ...after];
  const rows = lines.map(({ name, machines, jobs, seconds, cost, total, afterComparison }) => [
    month.name,
    csvText(name),
    ...[machines, jobs, seconds],
    ...[...components.map((component) => cost[component]), total, ...asList(afterComparison)].map(
      exactDollars,
    ),
  ]);
  return `${[head, ...rows].map((row) => row.join(',')).join('\n')}\n`;
}

const asList = (amount: number | undefined) => (amount === undefined ? [] : [amount]);

/** All amounts in micro-dollars. */
export function costsJson(
  report: CostReport,
  { month, by, tenant, forecast, caps, correction }: Asked,
): string {
  const { name, isOpen, isPartlyGone } = month;
  const asked = { month: name, isOpen, isPartlyGone, by, ...(tenant === undefined ? {} : { tenant }) };
  const ahead = forecast === undefined ? {} : { forecast };
  const compared = correction
    ? { compared: { days: correction.days, uncertainty: correction.uncertainty } }
    : {};
  return `${JSON.stringify({ ...asked, unit: 'micro-dollars', ...report, ...ahead, ...compared, caps })}\n`;
}
