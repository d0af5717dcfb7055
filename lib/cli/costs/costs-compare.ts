/**
 * `mayfly costs compare`: compares the records with AWS's bill, by day, tenant and component. It leaves the records
 * unchanged, and stores the result beside them for reports and the alarm. Scheduled runs can alert on its exit status
 * too.
 */
import {
  compareBill,
  daysApartAtEnd,
  daysApartForAlarm,
  daysWithoutPrice,
  mostApart,
} from '../../core/compare-bill.ts';
import { comparedDays, preferred, pricedLineOf } from '../../core/compared-day.ts';
import { correctionBy } from '../../core/correction.ts';
import { dayMilliseconds, monthOf as monthNameOf } from '../../core/days.ts';
import { type Command, jsonOption, UsageError } from '../command.ts';
import { compareText } from './compare-text.ts';
import { keepComparison, keptDays } from './keep-comparison.ts';
import { lastSettledDay, type Month, monthOf } from './month.ts';
import { readBills, sourceOption } from './read-bills.ts';

const usualRequests = 40;

export const costsCompare: Command = {
  name: 'costs compare',
  summary: "compare Mayfly's records of machines with AWS's bill, by day and tenant",
  details: `
Examples:
  mayfly costs compare                        the month of the day before yesterday, up to that day
  mayfly costs compare --month 2026-10        another month
  mayfly costs compare --source export        by machine; needs an export (mayfly costs export enable)

The tags must be active (mayfly costs activate). Run it once a day, with credentials that may read the bill: the platform's
alarm bill-mismatch depends on its results. Cost Explorer charges $0.01 for each request; the output says how many there were.
`,
  exitOne: `the last ${daysApartForAlarm} days differ by more than ${mostApart * 100}% each, or the bill names no machine`,
  options: [
    { flags: '--month <month>', description: 'such as 2026-11; default: that of the day before yesterday' },
    {
      flags: '--requests <most>',
      description: 'maximum number of requests to Cost Explorer, at $0.01 each',
      default: String(usualRequests),
    },
    sourceOption,
    jsonOption,
  ],
  async run(call) {
    const { options, io } = call;
    const now = Date.now();
    const lastSettled = lastSettledDay(now);
    const month = monthOf(options['month'] ?? lastSettled.slice(0, 'yyyy-mm'.length), now, 'sums');
    const mostRequests = requestsOf(options['requests']);
    const wanted = month.days.filter((day) => day <= lastSettled);
    if (wanted.length === 0) {
      io.out(`AWS's bill has no complete day of ${month.name} yet: it lags by a day.\n`);
      return 0;
    }
    const bills = await readBills(call, { days: wanted, mostRequests });
    const { sums, days, source, requests, priced, leftOut, byMachine } = bills;
    const kept = await keptDays(call, month.name);
    const earlier = (await keptDays(call, monthBefore(month))).map(pricedLineOf);
    const comparison = compareBill(priced, days, earlier);
    const found = preferred(comparedDays(bills, days, source, comparison.days), kept);
    const { total } = comparison;
    // As stored: if a day came from an export, Cost Explorer's figures for it do not count.
    const lines = new Map(found.map((day) => [day.day, pricedLineOf(day)]));
    // By machine, usage without a recorded price is left out on both sides.
    const incomplete = source === 'export' ? [] : daysWithoutPrice(sums);
    const daysApart = daysApartAtEnd([
      ...earlier,
      ...comparison.days
        .filter(({ name }) => !incomplete.includes(name))
        .map((line) => lines.get(line.name) ?? line),
    ]);
    const last = days.at(-1)!;
    const changed = await keepComparison(call, { askedAt: now, days: found, lastDay: last, daysApart });
    const { uncertainty } = correctionBy(found);
    const accounts = new Map(sums.map(({ installationId, account }) => [installationId as number, account]));
    const title = `${month.name}, ${days[0]} to ${last}`;
    const about = { source, requests, changed, uncertainty, incomplete, leftOut, ...byMachine };
    const result = { ...comparison, daysApart };
    io.out(
      options['json']
        ? `${JSON.stringify({ month: month.name, unit: 'micro-dollars', ...about, ...result })}\n`
        : compareText(result, { title, accounts, ...about }),
    );
    const namesNothing = total.billed === 0 && total.recorded > 0;
    return namesNothing || daysApart >= daysApartForAlarm ? 1 : 0;
  },
};

const monthBefore = ({ name }: Month) => monthNameOf(Date.parse(`${name}-01`) - dayMilliseconds);

/** @throws UsageError */
function requestsOf(given: unknown): number {
  const requests = Number(given);
  if (Number.isInteger(requests) && requests >= 2 && requests <= 1_000) return requests;
  throw new UsageError(`--requests is ${JSON.stringify(given)}; it must be a whole number from 2 to 1000.`);
}
