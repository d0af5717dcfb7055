/** A comparison of records with AWS's bill, for a terminal. */
import {
  type Compared,
  type Comparison,
  daysApartForAlarm,
  type LeftOutOfDay,
  mostApart,
} from '../../core/compare-bill.ts';
import {
  type Explained,
  leastExplained,
  type MachinesCompared,
  type Resource,
} from '../../core/compare-export.ts';
import type { BillSource } from '../../core/compared-day.ts';
import { counted } from '../counted.ts';
import { printableLine } from '../printable.ts';
import { drawTable } from '../table.ts';

export interface Shown {
  readonly title: string;
  readonly source: BillSource;
  readonly requests: number;
  /** When AWS delivered the export. Present if the bill was read by machine. */
  readonly deliveredAt?: string;
  readonly kinds?: readonly Compared[];
  readonly machines?: MachinesCompared;
  readonly explained?: Explained;
  readonly unpriced?: readonly Resource[];
  /** Days on which machines without a price ran. Used if the bill was read by tag. */
  readonly incomplete: readonly string[];
  /** Disks and addresses that no figure includes, because their machines have no recorded price for them. */
  readonly leftOut: readonly LeftOutOfDay[];
  readonly accounts: ReadonlyMap<number, string>;
  /** Number of days that were stored now for the first time, or with sums that changed. */
  readonly changed: number;
  /** How far off days without a comparison may be; undefined: unknown. */
  readonly uncertainty: number | undefined;
}

export function compareText(comparison: Comparison, shown: Shown): string {
  const { days, tenants, components, total } = comparison;
  const ofTenants = tenants.map((tenant) => ({
    ...tenant,
    name: printableLine(
      `${shown.accounts.get(tenant.installationId) ?? 'unknown'} (${tenant.installationId})`,
    ),
  }));
  const title = `Records and AWS's bill for ${shown.title}, in US dollars`;
  if (total.recorded === 0 && total.billed === 0)
    return [title, '', ...nothingNotes(comparison, shown).map((note) => `  ${note}`), ''].join('\n');
  return [
    title,
    '',
    table('day', [...days, total]),
    '',
    table('tenant', ofTenants),
    '',
    table('component', shown.kinds ?? components.map(named)),
    ...machineTable(shown.machines),
    '',
    ...notes(comparison, shown).map((note) => `  ${note}`),
    '',
  ].join('\n');
}

/** The name that cost reports use. */
const named = (component: Compared): Compared =>
  component.name === 'surplus' ? { ...component, name: 'CPU credits' } : component;

const nothingNotes = ({ unexplained }: Comparison, shown: Shown): string[] => [
  'No machine ran on these days, according to the records and the bill.',
  ...elsewhere(unexplained),
  ...leftOutNotes(shown),
  sourceNote(shown),
];

const elsewhere = (unexplained: number) =>
  unexplained === 0 ? [] : [`Also on the bill, for other things or without a tenant: ${money(unexplained)}`];

function leftOutNotes({ incomplete, unpriced = [], leftOut }: Shown): string[] {
  const machines = unpriced.map(({ resourceId, micros }) => `${printableLine(resourceId)} ${money(micros)}`);
  const components = Map.groupBy(leftOut, ({ component }) => component);
  return [
    ...(incomplete.length === 0
      ? []
      : [
          `Incomplete, because machines without a price ran; not counted as different: ${incomplete.join(', ')}`,
        ]),
    ...(machines.length === 0 ? [] : [`No price on record, left out: ${machines.join(', ')}`]),
    ...[...components].map(
      ([component, of]) =>
        `Left out on both sides, because some machines have no price for it: ${component} on ${daysText(of.map(({ day }) => day))}`,
    ),
  ];
}

const sourceNote = ({ source, requests, deliveredAt }: Shown) =>
  source === 'export'
    ? `From the export that AWS delivered at ${deliveredAt?.slice(0, 16).replace('T', ' ')} UTC.`
    : `${counted(requests, 'request')} to Cost Explorer, at $0.01 each.`;

function notes({ total, unexplained, daysApart }: Comparison, shown: Shown): string[] {
  const { machines, explained, changed, uncertainty } = shown;
  const percent = `${mostApart * 100}%`;
  const apart =
    daysApart === 0
      ? `The last day is within ${percent} of the bill.`
      : `The last ${daysApart === 1 ? 'day differs' : `${daysApart} days differ`} by more than ${percent}; ` +
        `${daysApartForAlarm} in a row set the exit status to 1.`;
  return [
    total.billed === 0
      ? "AWS's bill names no machine of this environment: see mayfly costs activate."
      : apart,
    ...elsewhere(unexplained),
    changed === 0
      ? 'No stored day changed; reports show the days as "after comparison".'
      : `Stored ${counted(changed, 'changed day')}; reports show them as "after comparison".`,
    ...(uncertainty === undefined
      ? []
      : [
          `Days that have not been compared yet are off by at most ${inPercent(uncertainty)}, 19 times in 20.`,
        ]),
    ...machineNotes(machines, explained),
    ...leftOutNotes(shown),
    sourceNote(shown),
  ];
}

const shownDays = 5;

function daysText(all: readonly string[]): string {
  const days = [...new Set(all)].toSorted();
  const more = days.length - shownDays;
  return `${days.slice(0, shownDays).join(', ')}${more > 0 ? `, and ${counted(more, 'more day')}` : ''}`;
}

function machineTable(machines: MachinesCompared | undefined): string[] {
  if (!machines || machines.mostApart.length === 0) return [];
  return ['', table('machine', machines.mostApart)];
}

function machineNotes(machines: MachinesCompared | undefined, explained: Explained | undefined): string[] {
  if (!machines || !explained) return [];
  const { matched, close, notBilled, notBilledMicros } = machines;
  const { part, tagged, unknown } = explained;
  const isEnough = part === undefined || part >= leastExplained;
  return [
    `On both sides: ${counted(matched, 'machine')}, ${close} of them within ${mostApart * 100}%; the table shows those that differ most.`,
    ...(notBilled === 0
      ? []
      : [`Only on record: ${counted(notBilled, 'machine')}, ${money(notBilledMicros)}.`]),
    ...(part === undefined
      ? []
      : [`Records account for ${inPercent(part)} of ${money(tagged)} billed with a tenant's tag.`]),
    ...(isEnough
      ? []
      : [
          `Billed, but matching no machine on record: ${unknown.map((one) => `${printableLine(one.resourceId)} ${money(one.micros)}`).join(', ')}.`,
        ]),
  ];
}

const table = (what: string, rows: readonly Compared[]) =>
  drawTable(
    [what, 'on record', 'billed', 'correction', 'ratio'],
    rows.map(({ name, recorded, billed, ratio }) => [
      name,
      money(recorded),
      money(billed),
      money(billed - recorded),
      ratio === undefined ? '–' : ratio.toFixed(3),
    ]),
  );

export const inPercent = (part: number) => `${(part * 100).toFixed(1)}%`;
const money = (micros: number) => (micros / 1_000_000).toFixed(4);
