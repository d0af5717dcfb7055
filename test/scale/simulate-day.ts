/**
 * A day of many tenants: the real use cases on in-memory ports and virtual time, each call taking as long as DESIGN.md
 * says (AWS 15 ms, GitHub 80 ms, CreateFleet 900 ms). No faults happen here; the simulator in test/sim has those. It
 * counts calls, and measures how long a lease lies free while a job waits for it.
 */
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { claimJob } from '../../lib/app/claim/claim-job.ts';
import { confirmClaim } from '../../lib/app/claim/confirm-claim.ts';
import { followLifecycle } from '../../lib/app/lifecycle/follow-lifecycle.ts';
import { acceptJobs } from '../../lib/app/scale-up/accept-jobs.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import type { Compute } from '../../lib/ports/compute.ts';
import type { Queues } from '../../lib/ports/queues.ts';
import type { EndOutcome, RunnerEnd } from '../../lib/ports/runners.ts';
import { createMemoryChance } from '../fakes/clock.ts';
import { createMemoryGitHub } from '../fakes/github.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { createMemorySpotPrices } from '../fakes/spot-prices.ts';
import { givenDeployment, givenEvent, givenTenant, givenTier, permissions } from '../support/given.ts';
import { arrivals } from './arrivals.ts';
import { type DayReport, dayReport } from './day-report.ts';
import { createMachinePark, type Machine } from './machine-park.ts';
import { createQueueModel } from './queue-model.ts';
import { createShardedStores } from './sharded-stores.ts';
import { createUnitMeter } from './unit-meter.ts';
import { createVirtualTime } from './virtual-time.ts';

export interface Day {
  readonly tenants: number;
  readonly jobs: number;
  /** Copies of scale-up for the tier's queue, and of lifecycle. */
  readonly copies: number;
  readonly seed: number;
  /** A tenant with many more jobs and machines than the others. */
  readonly large?: LargeTenant;
  /** How long CreateFleet takes. Default: 900. */
  readonly createFleetMilliseconds?: number;
}

export interface LargeTenant {
  readonly maxRunners: number;
  /** How many it queues at once, every four hours. */
  readonly jobs: number;
}

const midnight = Date.parse('2026-11-21T00:00:00Z');
const hour = 3_600_000;
const latency = { aws: 15, github: 80, createFleet: 900 };
const bootMilliseconds = 26_000;
const runnerStartMilliseconds = 3_000;
const webhookMilliseconds = 300;
const maxRunners = 4;
const tier = givenTier({ maxRunners });
const deployment = givenDeployment({
  tiers: [tier],
  // Counted in forty rows.
  caps: { waitingJobsPerTenant: 10_000, launchesPerMinutePerTenant: 60, machinesInAll: 20_000 },
});
const largeTenant = InstallationId(1_000_000);
/** As long as a workflow needs to bring all jobs of its matrix. */
const largeRunMilliseconds = 60_000;

export async function simulateDay(day: Day): Promise<DayReport> {
  const time = createVirtualTime(midnight);
  const chance = createMemoryChance(day.seed + 1);
  const calls = { events: 0, schedule: 0 };
  const meter = createUnitMeter();
  const freed = new Map<InstallationId, number[]>();
  const waits: number[] = [];
  const over: string[] = [];
  let done = 0;

  const park = createMachinePark({ now: time.now, onStart: (machine) => begin(machine) });
  const { stores, shardOf, forgetEnded } = createShardedStores(
    (id) => park.machines.get(id)?.installationId,
    meter.metered,
  );
  const github = createMemoryGitHub();
  /** Counts calls, and lets each take its time. */
  const timed = <Port extends object>(port: Port, milliseconds: number, by: keyof typeof calls): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as ((...given: unknown[]) => Promise<unknown>) | undefined;
        return (
          method &&
          (async (...given: unknown[]) => {
            calls[by] += 1;
            await time.sleep(milliseconds);
            meter.countFor(by);
            return method.apply(target, given);
          })
        );
      },
    });

  const compute = {
    ...park.compute,
    launch: async (request: Parameters<Compute['launch']>[0]) => {
      await time.sleep((day.createFleetMilliseconds ?? latency.createFleet) - latency.aws);
      const answer = await park.compute.launch(request);
      if (answer.kind === 'answered') for (const { instanceId } of answer.instances) launched(instanceId);
      return answer;
    },
  } as Compute;
  const queues: Queues = {
    sendToTier: async (_, message, { delaySeconds = 0 } = {}) => tierQueue.send(message, delaySeconds),
    sendToLifecycle: async (message) => lifecycleQueue.send(message),
    sendToCompletions: async (message) => lifecycleQueue.send(message),
    sendToInstallations: async () => undefined,
    sendToAdmission: async () => undefined,
  };
  const runners: typeof stores.runners = new Proxy(stores.runners, {
    get: (target, name) => (name === 'end' ? endRunners : Reflect.get(target, name)),
  });
  const loadRules = createRulesLoader();
  const depsFor = (by: keyof typeof calls) => ({
    deployment,
    subnets: [{ subnetId: 'subnet-a', zone: 'us-east-1a' }],
    tenants: timed(stores.tenants, latency.aws, by),
    jobs: timed(stores.jobs, latency.aws, by),
    launches: timed(stores.launches, latency.aws, by),
    runners: timed(runners, latency.aws, by),
    controllers: timed(stores.controllers, latency.aws, by),
    loadRules,
    usage: timed(stores.usage, latency.aws, by),
    notes: timed(createMemoryNotes(), latency.aws, by),
    compute: timed(compute, latency.aws, by),
    spotPrices: createMemorySpotPrices(),
    queues: timed(queues, latency.aws, by),
    github: timed(github, latency.github, by),
    telemetry: { event: () => undefined, count: () => undefined },
    clock: time,
    chance,
    tickets: createTickets({ secret: createMemorySecret({ value: 'ticket-secret', clock: time }) }),
    identity: {
      verify: async (document: string) => ({
        instanceId: InstanceId(document),
        accountId: '123456789012',
        region: 'us-east-1',
        pendingTime: time.now(),
      }),
    },
  });
  const deps = depsFor('events');
  const onSchedule = depsFor('schedule');
  const { copies } = day;
  const tierQueue = createQueueModel({ time, copies, handle: (batch) => acceptJobs(deps, batch) });
  const lifecycleQueue = createQueueModel({ time, copies, handle: (batch) => followLifecycle(deps, batch) });

  /** A lease that goes back while a job waits is one that somebody should use at once. */
  async function endRunners(ends: readonly RunnerEnd[]): Promise<EndOutcome[]> {
    const outcomes = await stores.runners.end(ends);
    for (const [installationId, group] of Map.groupBy(ends, ({ runner }) => runner.installationId)) {
      const waiting = await stores.jobs.listWaiting(installationId, tier.name, group.length);
      const times = freed.get(installationId) ?? [];
      for (const _ of waiting) times.push(time.now());
      freed.set(installationId, times);
    }
    return outcomes;
  }

  function launched(instanceId: InstanceId): void {
    const { installationId } = park.machines.get(instanceId)!;
    const at = freed.get(installationId)?.shift();
    if (at !== undefined) waits.push(time.now() - at);
    if (park.liveOf(installationId) > limitOf(installationId))
      over.push(`${installationId} at ${time.now()}`);
  }

  const limitOf = (installationId: InstallationId) =>
    installationId === largeTenant ? (day.large?.maxRunners ?? 0) : maxRunners;

  function begin({ instanceId, ticket }: Machine): void {
    time.after(bootMilliseconds, () => void live(instanceId, ticket));
  }

  /** What a machine does: claims, runs what it was given, and is reported by GitHub. */
  async function live(instanceId: InstanceId, ticket: string): Promise<void> {
    const request = { ticket, document: instanceId, signature: 'signed', nonce: '0'.repeat(32) };
    const answer = await claimJob(deps, request);
    if (answer.action !== 'run' || !(await confirmClaim(deps, request))) return end(instanceId);
    const { installationId } = park.machines.get(instanceId)!;
    const { plannedJob } = (await stores.runners.get(installationId, instanceId))!;
    await time.sleep(runnerStartMilliseconds);
    const fact = (action: 'in_progress' | 'completed') =>
      lifecycleQueue.send(
        eventOf(installationId, plannedJob, { action, runnerName: instanceId, conclusion: 'success' }),
      );
    fact('in_progress');
    // Three minutes on average, and one job in twenty takes more than nine.
    await time.sleep(webhookMilliseconds - 180_000 * Math.log(1 - chance.fraction()));
    fact('completed');
    done += 1;
    time.after(5_000, () => end(instanceId));
  }

  /** The machine powers off, where nobody terminated it before. */
  function end(instanceId: InstanceId): void {
    void park.compute.terminate([instanceId]);
    const detail = { 'instance-id': instanceId, state: 'terminated' };
    lifecycleQueue.send({ 'detail-type': 'EC2 Instance State-change Notification', detail });
    time.after(hour, () => park.forget(instanceId));
  }

  function eventOf(installationId: InstallationId, jobId: JobId, over: Parameters<typeof givenEvent>[0]) {
    const owner = Number(installationId);
    return givenEvent({
      installationId,
      jobId,
      repository: `tenant-${owner}/app`,
      repositoryOwnerId: owner,
      queuedAt: time.now(),
      ...over,
    });
  }

  const install = async (n: number) => {
    const installationId = InstallationId(n);
    const account = { accountId: n, accountLogin: `tenant-${n}`, accountType: 'Organization' as const };
    const limit = limitOf(installationId);
    await shardOf(installationId).tenants.create(
      givenTenant({ installationId, maxRunners: limit, ...account }),
    );
    github.putInstallation(installationId, { ...account, suspended: false, permissions });
  };
  for (let n = 1; n <= day.tenants; n += 1) await install(n);
  let jobs = 0;
  const queueJob = (installationId: InstallationId) => {
    calls.events += 1;
    jobs += 1;
    tierQueue.send(eventOf(installationId, JobId(jobs), { delivery: `d-${jobs}` }));
  };
  const large = day.large?.jobs ?? 0;
  const largeRuns = large === 0 ? [] : [0, 4, 8, 12, 16, 20].map((hours) => hours * hour);
  if (large > 0) await install(largeTenant);
  for (const start of largeRuns) {
    for (let n = 0; n < large; n += 1) {
      time.after(start + (n * largeRunMilliseconds) / large, () => queueJob(largeTenant));
    }
  }
  const rest = { ...day, jobs: day.jobs - large * largeRuns.length };
  for (const { at, tenant, jobs: size } of arrivals(rest)) {
    time.after(at, () => {
      for (let n = 0; n < size; n += 1) queueJob(InstallationId(tenant + 1));
    });
  }
  const minutes = 24 * 60 + 600;
  for (let minute = 1; minute <= minutes; minute += 1) {
    time.after(minute * 60_000, () => void sweep(onSchedule));
    if (minute % 10 === 0) time.after(minute * 60_000, forgetEnded);
    if (minute % 60 === 0) time.after(minute * 60_000, () => github.registrations.clear());
  }
  const started = performance.now();
  await time.runUntil(midnight + minutes * 60_000);
  return dayReport({
    day,
    accepted: jobs,
    done,
    calls,
    waits,
    over,
    units: meter.units,
    mostLiveOfLarge: park.mostLiveOf(largeTenant),
    createFleet: park.calls(),
    mostLive: park.mostLive(),
    deepestQueue: tierQueue.deepest(),
    failures: tierQueue.failures() + lifecycleQueue.failures(),
    realSeconds: (performance.now() - started) / 1000,
  });
}
