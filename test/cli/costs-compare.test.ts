/** What `mayfly costs compare` says of records and a bill that is written from the hidden truth. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readComparedDays, writeComparedDay } from '../../lib/adapters/dynamodb/comparison-rows.ts';
import { writeComparisonState } from '../../lib/adapters/dynamodb/comparison-state-row.ts';
import { createUsageLedger } from '../../lib/adapters/dynamodb/usage-ledger.ts';
import { listUsage } from '../../lib/adapters/dynamodb/usage-list.ts';
import { monthOf } from '../../lib/cli/costs/month.ts';
import type { ComparedDay } from '../../lib/core/compared-day.ts';
import { createCostExplorerService } from '../../lib/local/aws/cost-explorer.ts';
import { billItems } from '../../lib/local/bill/bill-items.ts';
import type { BillLine } from '../../lib/local/bill/bill-lines.ts';
import config from '../../mayfly.config.ts';
import { lifeOn, recordLives, sumUpDays } from './billed-lives.ts';
import { givenOperatorAccount, type OperatorAccount } from './operator-account.ts';

const [year = 0, month = 0] = new Date().toISOString().split('-').map(Number);
const lastMonth = new Date(Date.UTC(year, month - 1, 0)).toISOString().slice(0, 7);
const ofMonth = monthOf(lastMonth, Date.now(), 'sums').days;
// Of the first days of a month, the last ones of the month before are not settled.
const days = ofMonth.slice(0, 20);
const tags = new Map([
  ['ghr:tenant_id', '101'],
  ['ghr:environment', config.environment],
]);

const lives = days.map((day, n) => lifeOn(day, `i-${n}`));
/** The others have only records, like days that are not summed up yet. */
const summed = ofMonth.filter((day) => day !== days[0] && day !== days.at(-1));

let account: OperatorAccount;
let bill: ReturnType<typeof createCostExplorerService>;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
  await sumUpDays(account, summed, await recordLives(account, lives));
});
afterAll(() => account?.close());
beforeEach(() => {
  bill = createCostExplorerService(Date.now, (dials) =>
    lives.flatMap((life) =>
      billItems(config.region, life, dials).map(
        ({ day, component, micros }): BillLine => ({
          ...{ day, micros, tags },
          usageType: {
            compute: 'BoxUsage:m5.large',
            surplus: 'CPUCredits:t3',
            disk: 'EBS:VolumeUsage.gp3',
            address: 'PublicIPv4:InUseAddress',
          }[component],
        }),
      ),
    ),
  );
  account.endpoint.use(bill);
});

const table = () => ({ client: account.rows, tableName: `${config.environment}-usage` });

interface Report {
  readonly total: { readonly total: number; readonly afterComparison: number };
  readonly compared: { readonly days: readonly string[] };
}

const compare = (...args: string[]) => account.run('costs', 'compare', '--month', lastMonth, ...args);
async function activate() {
  bill.setDials({ billed: [...tags.keys(), 'ghr:tenant_tier'] });
  const twoMonthsAgo = `${lastMonth}-01`.slice(0, 7);
  await account.run('costs', 'activate', '--backfill', twoMonthsAgo);
}

describe('mayfly costs compare', () => {
  it('finds records and bill equal within 1%, over all pages', async () => {
    await activate();
    const { status, out } = await compare('--json');
    expect(status).toBe(0);
    const found = JSON.parse(out) as { total: { ratio: number }; requests: number; tenants: object[] };
    expect(found.total.ratio).toBeGreaterThan(0.99);
    expect(found.total.ratio).toBeLessThan(1.01);
    expect(found.requests).toBeGreaterThan(1);
    expect(found).toMatchObject({ month: lastMonth, daysApart: 0, tenants: [{ installationId: 101 }] });
  });

  it('exits with 1 if the last days differ, and shows by how much and in which component', async () => {
    await activate();
    bill.setDials({ discountThousandths: 200 });
    const { status, out } = await compare();
    expect(status).toBe(1);
    expect(out).toMatch(/compute +3\.84\d\d +3\.07\d\d +-0\.7\d\d\d +0\.80\d/);
    expect(out).toMatch(/The last \d+ days differ by more than 3%; 3 in a row set the exit status to 1\./);
    expect(out).toMatch(/requests to Cost Explorer, at \$0\.01 each/);
  });

  it('stores the result separately from the records, once, with an audit entry, and reports show it', async () => {
    await activate();
    bill.setDials({ discountThousandths: 100 });
    await compare();
    const records = await listUsage(table(), { days });
    bill.setDials({ discountThousandths: 200 });
    expect((await compare()).out).toContain(`Stored ${days.length} changed days; reports show them as`);
    expect((await compare()).out).toContain('No stored day changed');
    expect(await listUsage(table(), { days })).toEqual(records);
    const { out: changes } = await account.run('audit', '--since', '1h');
    expect(changes.match(/bill-compared by arn:aws/g)!.length).toBeGreaterThanOrEqual(2 * days.length);
    expect(changes).toMatch(
      /machines of 20\S+ on the bill: \$0\.18\d\d \(cost-explorer\) → \$0\.17\d\d \(cost-explorer\)/,
    );
    const { out } = await account.run('costs', '--month', lastMonth, '--format', 'json');
    const { total, compared } = JSON.parse(out) as Report;
    expect(compared.days).toEqual(days);
    expect(total.afterComparison / total.total).toBeCloseTo(0.82, 1);
    const { out: shown } = await account.run('costs', '--month', lastMonth);
    expect(shown).toMatch(/total +after comparison\n/);
    expect(shown).toContain(`After comparison: ${days.length} days as AWS billed; the other days`);
    const { out: sheet } = await account.run('costs', '--month', lastMonth, '--format', 'csv');
    expect(sheet).toMatch(/,total,after_comparison\n.*,\d+\.\d{6},\d+\.\d{6}\n/);
  });

  it('stores the result of the last comparison, from which the platform emits its metric', async () => {
    await activate();
    bill.setDials({ discountThousandths: 200 });
    await compare();
    const found = await createUsageLedger(table()).comparison();
    expect(found).toMatchObject({ lastDay: expect.stringContaining(lastMonth) });
    expect(found!.daysApart).toBeGreaterThanOrEqual(3);
    await writeComparisonState(
      { client: account.rows, usage: table().tableName },
      { ...found!, lastDay: '2020-01-01' },
    );
    expect(await createUsageLedger(table()).comparison()).toEqual(found);
  });

  it('keeps of two concurrent runs the one that began later, however slow the other one is', async () => {
    const place = { client: account.rows, usage: table().tableName, audit: `${config.environment}-audit` };
    const dayOf = (unexplained: number): ComparedDay => ({
      ...{ day: '2024-02-03', source: 'export', tenants: [], tiers: [], unexplained },
    });
    const write = (unexplained: number, at: string) =>
      writeComparedDay(place, { known: undefined, now: dayOf(unexplained), at, who: 'me' });
    expect(await write(2, '2024-02-05T12:00:01.000Z')).toBe(true);
    expect(await write(1, '2024-02-05T12:00:00.000Z')).toBe(false);
    expect(await readComparedDays(place, '2024-02')).toEqual([dayOf(2)]);
    expect(await write(3, '2024-02-05T12:00:02.000Z')).toBe(true);
    const later = Date.now() + 60_000;
    const state = { lastDay: lastMonth.replace(/^..../, '2999'), daysApart: 0 };
    await writeComparisonState(place, { ...state, comparedAt: later + 1 });
    await writeComparisonState(place, { ...state, comparedAt: later });
    expect(await createUsageLedger(table()).comparison()).toMatchObject({ comparedAt: later + 1 });
  });

  it.each([['1'], ['1001'], ['many']])('makes no more requests than allowed: --requests %s', async (most) => {
    const { status, error } = await compare('--requests', most);
    expect(status).toBe(2);
    expect(error).toContain(`--requests is "${most}"; it must be a whole number from 2 to 1000.`);
  });

  it('says what to allow if the bill has more pages', async () => {
    await activate();
    const { status, error } = await compare('--requests', '2');
    expect(status).toBe(2);
    expect(error).toContain('Cost Explorer has more than 2 pages by tenant, at $0.01 each.');
  });

  it('says if the tags are not active, and stores no day that the bill does not have', async () => {
    const { status, out } = await compare();
    expect(out).toContain('No stored day changed');
    expect(status).toBe(1);
    expect(out).toContain("AWS's bill names no machine of this environment: see mayfly costs activate.");
  });
});

describe('addresses without a price, as in a network of your own', () => {
  it('are no difference, and reports equal what AWS billed', async () => {
    const rates = { list: 'x', compute: 96_000, surplus: 0, disk: 2_400_000 };
    await sumUpDays(account, summed, await recordLives(account, lives, rates));
    await activate();
    const { status, out } = await compare('--json');
    const { components, leftOut, daysApart } = JSON.parse(out);
    expect(components[3]).toMatchObject({ name: 'address', recorded: 0, billed: 0 });
    expect(leftOut).toHaveLength(days.length);
    expect({ status, daysApart }).toEqual({ status: 0, daysApart: 0 });
    expect((await createUsageLedger(table()).comparison())!.daysApart).toBe(0);
    const costs = await account.run('costs', '--month', lastMonth, '--format', 'json');
    const { total } = JSON.parse(costs.out) as Report;
    const billed = bill.lines().reduce((sum, { micros }) => sum + micros, 0);
    // Each day is rounded.
    expect(Math.abs(total.afterComparison - billed)).toBeLessThanOrEqual(2 * days.length);
  });
});
