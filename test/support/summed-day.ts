/** A day of the usage ledger whose records are summed up, as the reconciler does once the day is over. */
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import { type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { givenDeployment, noon } from './given.ts';

export const day = '2026-11-21';
export const hour = 3_600_000;
export const dayMilliseconds = 24 * hour;
const deployment = givenDeployment();
const { bootSeconds, idleSeconds, jobSeconds } = deployment.limits;
/** From this moment on, the day is summed up: no machine of it can be alive. */
export const complete =
  Date.parse(day) + dayMilliseconds + (bootSeconds + idleSeconds + jobSeconds) * 1000 + 3 * hour;

export function givenRecord(n: number, tenant: number, repository?: string): UsageRecord {
  const instanceId = InstanceId(`i-${n}`);
  const runner = givenRunner({ instanceId, installationId: InstallationId(tenant), launchedAt: noon });
  const job = repository === undefined ? undefined : { jobId: JobId(n), repository };
  const priced = { ...runner, rates: { list: '2026-07-20', compute: 36_000, disk: 730, address: 3_600 } };
  return usageOf({ runner: priced, reason: 'job-completed', endedAt: noon + n * 1000, job });
}

/** A ledger with these records, and what the roll-up of a day needs. */
export async function givenLedger(records: readonly UsageRecord[], now = complete) {
  const stores = createMemoryStores();
  await stores.usage.record(records);
  const clock = createMemoryClock(now);
  const telemetry = createMemoryTelemetry();
  const deps = { deployment, usage: stores.ledger, tenants: stores.tenants, telemetry, clock };
  const { rows } = stores.world;
  const sums = () => [...rows.usageSums.values()].flat();
  return { stores, clock, deps, telemetry, sums, progress: () => rows.rollUps.get(day) };
}

export const records = [
  ...[givenRecord(100, 101, 'acme/app'), givenRecord(200, 101, 'acme/app'), givenRecord(300, 101)],
  givenRecord(400, 102, 'globex/app'),
];
