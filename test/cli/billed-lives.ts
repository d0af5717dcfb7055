/** Machines that are on record, and on a bill that is written from the hidden truth: m5.large, two hours on a day. */
import { usageRow } from '../../lib/adapters/dynamodb/usage-row.ts';
import { InstallationId, InstanceId } from '../../lib/core/ids.ts';
import { type MachineRates, machineRates } from '../../lib/core/price.ts';
import { usageOf } from '../../lib/core/usage.ts';
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

/** As the platform writes them down, of the tenant 101. */
export async function recordLives(
  account: OperatorAccount,
  lives: readonly BilledLife[],
  rates: MachineRates = priced,
): Promise<void> {
  for (const { instanceId, runningAt, endedAt } of lives) {
    const runner = givenRunner({
      ...{ installationId: InstallationId(101), instanceId: InstanceId(instanceId) },
      ...{ launchedAt: runningAt, startedAt: runningAt - 900, rates },
    });
    const end = { runner, reason: 'job-completed', endedAt: endedAt + 700, job: undefined } as const;
    await account.put('usage', usageRow(usageOf(end)));
  }
}
