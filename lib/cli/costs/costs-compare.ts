/**
 * `mayfly costs compare`: the records against AWS's bill, by day, tenant and component. It changes neither: what would have to be
 * added to the records to meet the bill is a column of its own. Its exit status is what an operator's schedule alarms by.
 */
import { listSums } from '../../adapters/dynamodb/usage-sum-list.ts';
import { tables } from '../../contract/tables.ts';
import {
  type Compared,
  type Comparison,
  compareBill,
  daysApartForAlarm,
  mostApart,
} from '../../core/compare-bill.ts';
import { dayOf } from '../../core/days.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, jsonOption } from '../command.ts';
import { drawTable } from '../table.ts';
import { costExplorer } from './cost-explorer-client.ts';
import { monthOf } from './month.ts';
import { readBill } from './read-bill.ts';

/** AWS's bill lags by up to a day, and a day is whole only when it is over. */
const settledAfterDays = 2;
const dayMilliseconds = 86_400_000;

export const costsCompare: Command = {
  name: 'costs compare',
  summary: "compare the records of machines with AWS's bill, by day and tenant",
  details: `
Examples:
  mayfly costs compare                        this month, up to the day before yesterday
  mayfly costs compare --month 2026-10        another month

The tags must be active (mayfly costs activate). Run it each day from a schedule of your own, with credentials that may read
the bill, and alarm when it ends with 1. Cost Explorer charges $0.01 for each request; the output says how many there were.
`,
  exitOne: `the last ${daysApartForAlarm} days differ by more than ${mostApart * 100}% each, or the bill names no machine`,
  options: [{ flags: '--month <month>', description: 'such as 2026-11; default: this month' }, jsonOption],
  async run(call) {
    const { config, options, io } = call;
    const now = Date.now();
    const month = monthOf(options['month'], now, 'sums');
    const lastSettled = dayOf(now - settledAfterDays * dayMilliseconds);
    const days = month.days.filter((day) => day <= lastSettled);
    const [from, last] = [days[0], days.at(-1)];
    if (from === undefined || last === undefined) {
      io.out(`AWS's bill has no whole day of ${month.name} yet: it lags by a day.\n`);
      return 0;
    }
    const tableName = `${config.environment}-${tables.usage.suffix}`;
    const { sums } = await listSums({ client: dynamoClient(call), tableName }, { days });
    const to = dayOf(Date.parse(last) + dayMilliseconds);
    const { bill, requests } = await readBill(costExplorer(call), {
      environment: config.environment,
      from,
      to,
    });
    const comparison = compareBill({ sums, bill }, days);
    const accounts = new Map(sums.map(({ installationId, account }) => [installationId as number, account]));
    io.out(
      options['json']
        ? `${JSON.stringify({ month: month.name, unit: 'micro-dollars', requests, ...comparison })}\n`
        : render(comparison, { title: `${month.name}, ${from} to ${last}`, requests, accounts }),
    );
    const namesNothing = comparison.total.billed === 0 && comparison.total.recorded > 0;
    return namesNothing || comparison.daysApart >= daysApartForAlarm ? 1 : 0;
  },
};

interface Shown {
  readonly title: string;
  readonly requests: number;
  readonly accounts: ReadonlyMap<number, string>;
}

function render(comparison: Comparison, { title, requests, accounts }: Shown): string {
  const { days, tenants, components, total, unexplained, daysApart } = comparison;
  const named = tenants.map((tenant) => ({
    ...tenant,
    name: `${accounts.get(tenant.installationId) ?? 'unknown'} (${tenant.installationId})`,
  }));
  const apart =
    daysApart === 0
      ? 'The last day is within 3% of the bill.'
      : `The last ${daysApart} day${daysApart === 1 ? ' differs' : 's differ'} by more than 3%; ${daysApartForAlarm} in a row end this command with 1.`;
  return [
    `Records and AWS's bill of ${title}, in US dollars`,
    '',
    table('day', [...days, total]),
    '',
    table('tenant', named),
    '',
    table('component', components),
    '',
    ...(total.billed === 0 && total.recorded > 0
      ? ["  AWS's bill names no machine of this environment: see mayfly costs activate."]
      : [`  ${apart}`]),
    ...(unexplained === 0
      ? []
      : [`  On the bill besides, for other things or without a tenant: ${money(unexplained)}`]),
    `  ${requests} request${requests === 1 ? '' : 's'} to Cost Explorer, at $0.01 each.`,
    '',
  ].join('\n');
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

const money = (micros: number) => (micros / 1_000_000).toFixed(4);
