/** A tenant with one machine and its lease, in tables in memory. */
import type { EndDeps } from '../../lib/app/common/deps.ts';
import { InstanceId } from '../../lib/core/ids.ts';
import type { Runner } from '../../lib/core/runner.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { RanJob } from '../../lib/core/usage.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { createMemoryClock, type MemoryClock } from '../fakes/clock.ts';
import { createMemoryCompute, type MemoryCompute } from '../fakes/compute.ts';
import { countLeases } from '../fakes/lease-counts.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemorySpotPrices } from '../fakes/spot-prices.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { jobKey, type Rows, type StoreWorld } from '../fakes/world.ts';
import type { Random } from '../sim/random.ts';
import { acme, givenDeployment, givenJob, givenTenant, noon } from '../support/given.ts';

export interface HistoryWorld {
  readonly deps: { -readonly [Name in keyof EndDeps]: EndDeps[Name] };
  readonly store: StoreWorld;
  readonly clock: MemoryClock;
  readonly compute: MemoryCompute;
  readonly runner: Runner;
  readonly ranJob: RanJob;
  /** So many deaths at most. */
  strikes: number;
}

const deployment = givenDeployment();
const rates = { list: '2026-11-01', compute: 96_000, surplus: 30_000, disk: 2_400_000, address: 5_000 };
const leaseCost = { expected: 20_000, ceiling: 600_000 };

export function historyWorld(random: Random): HistoryWorld {
  const { world: store, ...stores } = createMemoryStores();
  const clock = createMemoryClock(noon + random.between(60_000, 7_200_000));
  const compute = createMemoryCompute(() => clock.now());
  const instanceId = InstanceId('i-1');
  const spot = random.chance(0.3);
  const job = givenJob({ state: 'running', runner: instanceId });
  const ran = random.chance(0.7) ? { ran: job.jobId } : {};
  const state = random.chance(0.8) ? 'listening' : 'booting';
  const runner = givenRunner({
    ...{ instanceId, spot, state, rates, leaseCost, plannedJob: job.jobId },
    ...{ launchedAt: noon, startedAt: noon + random.between(300, 5_000), ...ran },
  });
  compute.machines.set(instanceId, {
    ...{ instanceId, instanceType: runner.instanceType, subnetId: 'subnet-1', spot, state: 'running' },
    ...{
      hidden: false,
      tags: new Map(),
      launchedAt: noon,
      console: '',
      takenBack: spot && random.chance(0.3),
    },
  });
  compute.dials.failCalls = random.between(0, 1);
  store.rows.tenants.set(acme, givenTenant());
  store.rows.jobs.set(jobKey(acme, job.jobId), job);
  store.rows.runners.set(instanceId, runner);
  const { expected } = leaseCost;
  const { tier, launchedAt } = runner;
  countLeases(store.rows, { installationId: acme, tier }, 1, { launchedAt, change: expected, expected });
  const deps = {
    ...stores,
    deployment,
    clock,
    compute,
    spotPrices: createMemorySpotPrices(),
    queues: createMemoryQueues(),
    telemetry: createMemoryTelemetry(),
  };
  const ranJob = { jobId: job.jobId, repository: job.repository, workflow: 'build', conclusion: 'success' };
  return { deps, store, clock, compute, runner, ranJob, strikes: random.between(0, 4) };
}

export const acmeOf = (rows: Rows): Tenant => rows.tenants.get(acme)!;
