/** What `mayfly costs compare` says of records and a bill that is written from the hidden truth. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { usageRow } from '../../lib/adapters/dynamodb/usage-row.ts';
import { monthOf } from '../../lib/cli/costs/month.ts';
import { InstallationId, InstanceId } from '../../lib/core/ids.ts';
import { machineRates } from '../../lib/core/price.ts';
import { usageOf } from '../../lib/core/usage.ts';
import { createCostExplorerService } from '../../lib/local/aws/cost-explorer.ts';
import { type BilledLife, billItems } from '../../lib/local/bill/bill-items.ts';
import type { BillLine } from '../../lib/local/bill/bill-lines.ts';
import config from '../../mayfly.config.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { givenOperatorAccount, type OperatorAccount } from './operator-account.ts';

const [year = 0, month = 0] = new Date().toISOString().split('-').map(Number);
const lastMonth = new Date(Date.UTC(year, month - 1, 0)).toISOString().slice(0, 7);
// Of the first days of a month, the last ones of the month before are not settled.
const days = monthOf(lastMonth, Date.now(), 'sums').days.slice(0, 20);
const machine = { diskGigabytes: 30, diskIops: 3_000, diskThroughputMegabytes: 125, publicAddress: true };
const of = { region: config.region, instanceType: 'm5.large', spot: false };
const tags = new Map([
  ['ghr:tenant_id', '101'],
  ['ghr:environment', config.environment],
]);

const lives: BilledLife[] = days.map((day, n) => ({
  ...{ instanceId: `i-${n}`, instanceType: 'm5.large', spot: false, zone: 'us-east-1a', takenBack: false },
  ...{ runningAt: Date.parse(day) + 1_000, endedAt: Date.parse(day) + 7_200_000 },
  ...{ diskGigabytes: 30, publicAddress: true },
}));

let account: OperatorAccount;
let bill: ReturnType<typeof createCostExplorerService>;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
  for (const { instanceId, runningAt, endedAt } of lives) {
    const runner = givenRunner({
      ...{ installationId: InstallationId(101), instanceId: InstanceId(instanceId) },
      ...{ launchedAt: runningAt, startedAt: runningAt - 900, rates: machineRates({ ...of, machine }) },
    });
    const end = { runner, reason: 'job-completed', endedAt: endedAt + 700, job: undefined } as const;
    await account.put('usage', usageRow(usageOf(end)));
  }
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

const compare = (...args: string[]) => account.run('costs', 'compare', '--month', lastMonth, ...args);
async function activate() {
  bill.setDials({ billed: [...tags.keys(), 'ghr:tenant_tier'] });
  const twoMonthsAgo = `${lastMonth}-01`.slice(0, 7);
  await account.run('costs', 'activate', '--backfill', twoMonthsAgo);
}

describe('mayfly costs compare', () => {
  it('finds records and bill together, within a hundredth, over all pages', async () => {
    await activate();
    const { status, out } = await compare('--json');
    expect(status).toBe(0);
    const found = JSON.parse(out) as { total: { ratio: number }; requests: number; tenants: object[] };
    expect(found.total.ratio).toBeGreaterThan(0.99);
    expect(found.total.ratio).toBeLessThan(1.01);
    expect(found.requests).toBeGreaterThan(1);
    expect(found).toMatchObject({ month: lastMonth, daysApart: 0, tenants: [{ installationId: 101 }] });
  });

  it('ends with 1 where the last days differ, and shows by how much and in what', async () => {
    await activate();
    bill.setDials({ discountThousandths: 200 });
    const { status, out } = await compare();
    expect(status).toBe(1);
    expect(out).toMatch(/compute +3\.84\d\d +3\.07\d\d +-0\.7\d\d\d +0\.80\d/);
    expect(out).toMatch(/The last \d+ days differ by more than 3%; 3 in a row end this command with 1\./);
    expect(out).toMatch(/requests to Cost Explorer, at \$0\.01 each/);
  });

  it('says so where the tags are not active', async () => {
    const { status, out } = await compare();
    expect(status).toBe(1);
    expect(out).toContain("AWS's bill names no machine of this environment: see mayfly costs activate.");
  });
});
