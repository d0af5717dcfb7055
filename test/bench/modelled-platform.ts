/**
 * The platform in virtual time: real use cases on in-memory stores, where each call takes the dialled latency and
 * processors take no time. So the results are the same on any machine.
 */
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { askArrivals } from '../../lib/app/admission/ask-arrivals.ts';
import { withCircuitBreaker } from '../../lib/app/admission/circuit-breaker.ts';
import type { Delivery } from '../../lib/app/common/batch.ts';
import { acceptArrivals } from '../../lib/app/scale-up/accept-arrivals.ts';
import { queueConcurrency } from '../../lib/contract/concurrency.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Arrivals, QueueArrivals } from '../../lib/ports/arrivals.ts';
import type { Queues } from '../../lib/ports/queues.ts';
import { createMemoryCallbacks } from '../fakes/callbacks.ts';
import { createMemoryChance } from '../fakes/clock.ts';
import { createMemoryCompute } from '../fakes/compute.ts';
import { createMemoryGitHub } from '../fakes/github.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { createMemorySpotPrices } from '../fakes/spot-prices.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { createScheduler, type Scheduler } from '../sim/scheduler.ts';
import { givenDeployment, givenEvent, givenTenant, givenTier, noon, small } from '../support/given.ts';

export interface PlatformShape {
  /** Numbered from one; each may have a thousand machines. */
  readonly tenants: number;
  /** Copies of scale-up that run at once. */
  readonly copies: number;
  /** Milliseconds. */
  readonly latencies: { readonly aws: number; readonly createFleet: number };
  /** Seeds the random part: how long copies wait for more messages. */
  readonly seed?: number;
}

const batchSize = 10;
/** From the first webhook of a burst to the last. */
const arriveWithinMilliseconds = 100;
const limit = 1000;

/** No rule here uses facts that only GitHub has. */
const loadGitHub = async () => createMemoryGitHub();

export async function createModelledPlatform({ tenants, copies, latencies, seed = 7 }: PlatformShape) {
  const scheduler = createScheduler(noon);
  const stores = createMemoryStores();
  const compute = createMemoryCompute(scheduler.now);
  const notes = createMemoryNotes();
  const [arriving, asking] = [createModelledQueue(scheduler), createModelledQueue(scheduler)];
  const { seen, to } = createCalls(scheduler, latencies);
  for (let n = 1; n <= tenants; n++) {
    const tenant = { installationId: InstallationId(n), accountId: n, maxRunners: limit };
    await stores.tenants.create(givenTenant(tenant));
  }
  const queues: Queues = {
    sendToTier: async (_, message, { delaySeconds = 0 } = {}) => arriving.send(message, delaySeconds * 1000),
    sendToAdmission: async (message, { delaySeconds = 0 } = {}) => {
      const { installationId } = message;
      if (!seen.firstQuestionAt.has(installationId))
        seen.firstQuestionAt.set(installationId, scheduler.now());
      asking.send(message, delaySeconds * 1000);
    },
    sendToLifecycle: async () => undefined,
    sendToCompletions: async () => undefined,
    sendToInstallations: async () => undefined,
  };
  const shared = {
    deployment: givenDeployment({ tiers: [givenTier({ maxRunners: limit })] }),
    subnets: [{ subnetId: 'subnet-a', zone: 'us-east-1a' }],
    spotPrices: createMemorySpotPrices(),
    telemetry: createMemoryTelemetry(),
    clock: scheduler,
    chance: createMemoryChance(seed),
    tickets: createTickets({ secret: createMemorySecret({ value: 'ticket-secret', clock: scheduler }) }),
    loadRules: createRulesLoader(),
    callbacks: createMemoryCallbacks(),
  };
  for (let copy = 0; copy < copies; copy++) {
    const deps = {
      ...shared,
      tenants: to(stores.tenants),
      jobs: to(stores.jobs),
      launches: to(stores.launches),
      runners: to(stores.runners),
      controllers: to(stores.controllers),
      questions: to(stores.questions),
      notes: to(notes),
      compute: to(compute),
      queues: to(queues),
      arrivals: to(arriving.arrivals),
    };
    const asks = {
      ...deps,
      loadGitHub,
      arrivals: to(asking.ofAdmission),
      callbacks: withCircuitBreaker(shared.callbacks, { clock: scheduler }),
    };
    arriving.addCopy((batch) => acceptArrivals(deps, batch));
    if (copy < queueConcurrency.admission) asking.addCopy((batch) => askArrivals(asks, batch));
  }
  /** Queues one job of a burst for each named tenant, in this order. */
  const queueJobs = (tenantOfEach: readonly number[]) => {
    for (const [n, tenant] of tenantOfEach.entries()) {
      const ids = { installationId: InstallationId(tenant), repositoryOwnerId: tenant, jobId: JobId(n + 1) };
      const event = givenEvent({ ...ids, queuedAt: noon + n, delivery: `d-${n}` });
      arriving.send(event, latencies.aws + (n * arriveWithinMilliseconds) / tenantOfEach.length);
    }
  };
  /** @throws if not every job has its machine by then */
  const runUntilServed = async (jobs: number, seconds: number) => {
    await scheduler.runUntil(noon + seconds * 1000);
    if (compute.live().length !== jobs)
      throw new Error(`${compute.live().length} machines started for ${jobs} jobs.`);
  };
  const { loadRules, callbacks } = shared;
  return { scheduler, stores, seen, loadRules, callbacks, queueJobs, runUntilServed };
}

/** Lets each call take its time, half of it on the way to the service. */
function createCalls(scheduler: Scheduler, latencies: PlatformShape['latencies']) {
  const seen = {
    sentAt: [] as number[],
    failedWrites: 0,
    /** When the first message about each tenant's controllers was sent. */
    firstQuestionAt: new Map<InstallationId, number>(),
  };
  const to = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, member) {
        const method = Reflect.get(target, member) as unknown;
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]) => {
          const milliseconds = member === 'launch' ? latencies.createFleet : latencies.aws;
          if (member === 'launch') seen.sentAt.push(scheduler.now());
          await scheduler.sleep(milliseconds / 2);
          const answer: unknown = await method.apply(target, given);
          await scheduler.sleep(milliseconds / 2);
          if (hasFailed(String(member), answer)) seen.failedWrites += 1;
          return answer;
        };
      },
    });
  return { seen, to };
}

/** A failed condition, of a note or of a transaction that takes leases. */
function hasFailed(member: string, answer: unknown): boolean {
  const isRefused =
    typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind !== 'taken';
  return member === 'take' ? isRefused : member.startsWith('write') && answer === false;
}

/** Gives messages to whichever copy is free, at once, as the laptop does. */
function createModelledQueue(scheduler: Scheduler) {
  const line: Delivery[] = [];
  const idle: ((batch: readonly Delivery[]) => Promise<readonly string[]>)[] = [];
  let sent = 0;
  const handOver = () => {
    while (line.length > 0) {
      const copy = idle.pop();
      if (!copy) return;
      void copy(line.splice(0, batchSize)).then((failed) => {
        if (failed.length > 0) throw new Error(`Messages failed: ${failed.join(', ')}.`);
        idle.push(copy);
        handOver();
      });
    }
  };
  const send = (message: unknown, milliseconds: number) =>
    scheduler.after(milliseconds, () => {
      line.push({ id: `m-${++sent}`, body: JSON.stringify(message) });
      handOver();
    });
  const arrivals: Arrivals = {
    take: async () => line.splice(0, batchSize).map((delivery) => ({ ...delivery, receipt: delivery.id })),
    done: async () => undefined,
  };
  const ofAdmission: QueueArrivals = {
    take: async () => arrivals.take(small),
    done: async (taken) => arrivals.done(small, taken),
  };
  return { send, arrivals, ofAdmission, addCopy: (copy: (typeof idle)[number]) => void idle.push(copy) };
}
