/**
 * Cost Explorer's GetCostAndUsage, as far as the platform uses it: unblended costs by day, in one or several pages,
 * grouped by at most two keys. A tag groups and filters only usage since it was activated or backfilled; before that its
 * value is empty.
 * Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
 */
import type { BillLine } from '../bill/bill-lines.ts';
import { AwsError } from './service.ts';

export interface ActiveTag {
  /** The bill has it from this day on (UTC). */
  readonly from: string;
}

interface Request {
  readonly TimePeriod?: { readonly Start?: string; readonly End?: string };
  readonly Granularity?: string;
  readonly Metrics?: readonly string[];
  readonly GroupBy?: readonly { readonly Type: string; readonly Key: string }[];
  readonly Filter?: { readonly Tags?: { readonly Key: string; readonly Values: readonly string[] } };
  readonly NextPageToken?: string;
}

const daysPerPage = 12;

export function getCostAndUsage(
  input: Readonly<Record<string, unknown>>,
  { lines, active }: { lines: readonly BillLine[]; active: ReadonlyMap<string, ActiveTag> },
): object {
  const request = input as Request;
  const { Start = '', End = '' } = request.TimePeriod ?? {};
  const invalid = (message: string) => new AwsError('ValidationException', message);
  if (!isDay(Start) || !isDay(End) || Start >= End)
    throw invalid(`Start date (and hour) should be before end date (and hour): ${Start} to ${End}.`);
  if (request.Granularity !== 'DAILY') throw invalid('The laptop has the granularity DAILY alone.');
  if (request.Metrics?.join() !== 'UnblendedCost')
    throw invalid('The laptop has the metric UnblendedCost alone.');
  const groupBy = request.GroupBy ?? [];
  if (groupBy.length > 2) throw invalid('GroupBy takes at most two keys.');
  const tagOf = (line: BillLine, key: string) => {
    const known = active.get(key);
    return known && line.day >= known.from ? (line.tags.get(key) ?? '') : '';
  };
  const filter = request.Filter?.Tags;
  const wanted = lines.filter((line) => !filter || filter.Values.includes(tagOf(line, filter.Key)));
  const days = daysBetween(Start, End);
  const first = request.NextPageToken === undefined ? 0 : Number(request.NextPageToken);
  const shown = days.slice(first, first + daysPerPage);
  const next = first + daysPerPage;
  return {
    GroupDefinitions: groupBy,
    ResultsByTime: shown.map((day) => ({
      TimePeriod: { Start: day, End: dayAfter(day) },
      Total: {},
      Groups: groupsOf(
        wanted.filter((line) => line.day === day),
        (line) =>
          groupBy.map(({ Type, Key }) => (Type === 'TAG' ? `${Key}$${tagOf(line, Key)}` : line.usageType)),
      ),
      Estimated: true,
    })),
    DimensionValueAttributes: [],
    ...(next < days.length ? { NextPageToken: String(next) } : {}),
  };
}

function groupsOf(lines: readonly BillLine[], keysOf: (line: BillLine) => string[]) {
  const groups = Map.groupBy(lines, (line) => keysOf(line).join('\n'));
  return [...groups].map(([keys, of]) => ({
    Keys: keys.split('\n'),
    Metrics: {
      UnblendedCost: {
        Amount: (of.reduce((sum, { micros }) => sum + micros, 0) / 1_000_000).toFixed(10),
        Unit: 'USD',
      },
    },
  }));
}

const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text);
const dayAfter = (day: string) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
const daysBetween = (start: string, end: string) =>
  Array.from({ length: (Date.parse(end) - Date.parse(start)) / 86_400_000 }, (_, n) =>
    new Date(Date.parse(start) + n * 86_400_000).toISOString().slice(0, 10),
  );
