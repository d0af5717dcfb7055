/** Machines that are on record, and on a bill that is written from the hidden truth: m5.large, two hours on a day. */
import { usageRow } from '../../lib/adapters/dynamodb/usage-row.ts';
import { progressKey, sumsRow } from '../../lib/adapters/dynamodb/usage-sum-row.ts';
import { dayOf } from '../../lib/core/days.ts';
import { InstallationId, InstanceId } from '../../lib/core/ids.ts';
import { type MachineRates, machineRates } from '../../lib/core/price.ts';
import { type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import type { BilledLife } from '../../lib/local/bill/bill-items.ts';
import config from '../../mayfly.config.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import type { OperatorAccount } from './operator-account.ts';

const machine = { diskGigabytes: 30, diskIops: 3_000, diskThroughputMegabytes: 125, publicAddress: true };
const priced = machineRates({ region: config.region, instanceType: 'm5.large', spot: false, machine });

export const lifeOn = (day: string, instanceId: string): BilledLife => ({
  ...{ instanceId, instanceType: 'm5.large', spot: false, zone: 'us-east-1a', takenBack: false },
  ...{ runningAt: Date.parse(day) + 1_000, endedAt: Date.parse(day) + 7_200_000 },
  ...{ diskGigabytes: 30, publicAddress: true },
});

const installationId = InstallationId(101);

/** As the platform writes them down, of the tenant 101. */
export async function recordLives(
  account: OperatorAccount,
  lives: readonly BilledLife[],
  rates: MachineRates = priced,
): Promise<UsageRecord[]> {
  const records: UsageRecord[] = [];
  for (const { instanceId, runningAt, endedAt } of lives) {
    const runner = givenRunner({
      ...{ installationId, instanceId: InstanceId(instanceId) },
      ...{ launchedAt: runningAt, startedAt: runningAt - 900, rates },
    });
    const end = { runner, reason: 'job-completed', endedAt: endedAt + 700, job: undefined } as const;
    const record = usageOf(end);
    await account.put('usage', usageRow(record));
    records.push(record);
  }
  return records;
}

/** As the reconciler does once they are over: reports read the sums of such a day, and not the records in its partitions. */
export async function sumUpDays(
  account: OperatorAccount,
  days: readonly string[],
  records: readonly UsageRecord[],
): Promise<void> {
  for (const day of days) {
    const sums = sumUp(records.filter(({ launchedAt }) => dayOf(launchedAt) === day));
    if (sums.length > 0) await account.put('usage', sumsRow(day, installationId, sums));
    await account.put('usage', { ...progressKey(day), finished: { N: '1' } });
  }
}
