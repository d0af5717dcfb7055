/** `mayfly costs`: what machines cost in a month, by tenant, repository, workflow, tier, job or day. Read-only. */
import { listUsage, type UsageQuery } from '../../adapters/dynamodb/usage-list.ts';
import { listSums } from '../../adapters/dynamodb/usage-sum-list.ts';
import { correctionBy } from '../../core/correction.ts';
import { forecast } from '../../core/forecast.ts';
import { costReport, type Grouping, groupings } from '../../core/usage-report.ts';
import { sumUp, type UsageSum } from '../../core/usage-sum.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, UsageError } from '../command.ts';
import { outlines } from '../outlines.ts';
import { findTenant } from '../tenants/find-tenant.ts';
import { capLines } from './cap-lines.ts';
import { costsFocus } from './costs-focus.ts';
import { type Asked, costsCsv, costsJson, costsTable } from './costs-text.ts';
import { keptDays } from './keep-comparison.ts';
import { isGone, monthOf } from './month.ts';
import { usageTable } from './usage-table.ts';

const reports = { table: costsTable, csv: costsCsv, json: costsJson };
const formats = ['table', 'csv', 'json', 'focus'] as const;

export const costs: Command = {
  ...outlines.costs,
  details: `
Examples:
  mayfly costs                                    this month so far, by tenant
  mayfly costs --month 2026-10 --by tier          another month, of the last thirteen
  mayfly costs --tenant acme --by repository      one tenant, by its login or installation id
  mayfly costs --by job --format csv              every job, for a spreadsheet
  mayfly costs --format focus                     for FinOps tools: FOCUS 1.2, by day, tier and workflow

A machine counts in the month (UTC) in which it was launched, once it has ended. Amounts are estimates at AWS's list
prices; docs/COSTS.md says what they contain.
`,
  exitOne: "a machine's type or disk has no price, so the sums are too low",
  options: [
    { flags: '--month <month>', description: 'such as 2026-11; default: this month' },
    { flags: '--by <grouping>', description: groupings.join(', '), default: 'tenant' },
    { flags: '--tenant <tenant>', description: 'a login or an installation id; default: all' },
    { flags: '--format <format>', description: formats.join(', '), default: 'table' },
  ],
  async run(call) {
    const { options, config, io } = call;
    const by = oneOf('--by', options['by'], groupings);
    const format = oneOf('--format', options['format'], formats);
    const month = monthOf(options['month'], Date.now(), by === 'job' ? 'records' : 'sums');
    const client = dynamoClient(call);
    const given = options['tenant'];
    const tenant = typeof given === 'string' ? await findTenant({ client, config }, given) : undefined;
    const query = { days: month.days, ...(tenant ? { installationId: tenant.installationId } : {}) };
    const { sums, isPartlyGone } = await readSums(usageTable(call, client), { query, by });
    const compared = await keptDays(call, month.name);
    const correction = compared.length === 0 ? undefined : correctionBy(compared);
    const report = costReport(sums, by, correction);
    const expected = month.isOpen && by !== 'job' ? forecast(sums, month) : undefined;
    const caps = month.isOpen && format !== 'focus' ? await capLines({ client, config }, tenant) : [];
    const asked: Asked = {
      month: { ...month, isPartlyGone: month.isPartlyGone || isPartlyGone },
      by,
      caps,
      ...(tenant ? { tenant: tenant.login } : {}),
      ...(expected ? { forecast: expected } : {}),
      ...(correction ? { correction } : {}),
    };
    if (format === 'focus') {
      const { environment, region } = config;
      io.out(costsFocus(sums, { environment, region, month: month.name }));
    } else io.out(reports[format](report, asked));
    const { compute, disk } = report.unpriced;
    return compute === undefined && disk === undefined ? 0 : 1;
  },
};

/** Costs of single jobs exist only as records. */
async function readSums(
  table: Parameters<typeof listSums>[0],
  { query, by }: { query: UsageQuery; by: Grouping },
): Promise<{ sums: readonly UsageSum[]; isPartlyGone: boolean }> {
  if (by === 'job') return { sums: sumUp(await listUsage(table, query), { job: true }), isPartlyGone: false };
  const { sums, unsummed } = await listSums(table, query);
  return { sums, isPartlyGone: unsummed.some((day) => isGone(day, Date.now())) };
}

function oneOf<Word extends Grouping | (typeof formats)[number]>(
  option: string,
  given: string | boolean | undefined,
  words: readonly Word[],
): Word {
  const word = words.find((known) => known === given);
  if (word !== undefined) return word;
  throw new UsageError(`${option} is ${JSON.stringify(given)}; it must be one of ${words.join(', ')}.`);
}
