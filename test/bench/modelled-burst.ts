/**
 * A burst in virtual time: scale-up's real use case on stores in memory, where each call takes as long as the benchmark dials,
 * and processors take no time at all. It says what the design makes of the latencies of AWS, the same on any machine. What
 * a measured burst takes beyond that is the time of this machine's processors.
 */

import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import type { Delivery } from '../../lib/app/common/batch.ts';
import { acceptArrivals } from '../../lib/app/scale-up/accept-arrivals.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Arrivals } from '../../lib/ports/arrivals.ts';
import type { Queues } from '../../lib/ports/queues.ts';
import { createMemoryChance } from '../fakes/clock.ts';
import { createMemoryCompute } from '../fakes/compute.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { createMemorySpotPrices } from '../fakes/spot-prices.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { createScheduler, type Scheduler } from '../sim/scheduler.ts';
import { givenDeployment, givenEvent, givenTenant, givenTier, noon } from '../support/given.ts';

export interface BurstShape {
  readonly tenants: number;
  readonly jobsOfEach: number;
  /** Of scale-up, at once. */
  readonly copies: number;
  /** Milliseconds. */
  readonly latencies: { readonly aws: number; readonly createFleet: number };
}

export interface ModelledBurst {
  /** From the first webhook to the last CreateFleet call, seconds. */
  readonly lastSent: number;
  readonly launches: number;
  /** Conditions that did not hold, of notes and of transactions that take leases. */
  readonly failedWrites: number;
}

const batchSize = 10;
/** From the first webhook of the burst to the last. */
const arriveWithinMilliseconds = 100;
const limit = 1000;

export async function modelBurst(shape: BurstShape): Promise<ModelledBurst> {
  const { tenants, jobsOfEach, copies, latencies } = shape;
  const scheduler = createScheduler(noon);
  const stores = createMemoryStores();
  const compute = createMemoryCompute(scheduler.now);
  const queue = createModelledQueue(scheduler);
  const calls = createCalls(scheduler, latencies);
  const notes = createMemoryNotes();
  for (let n = 1; n <= tenants; n++) {
    const tenant = { installationId: InstallationId(n), accountId: n, maxRunners: limit };
    await stores.tenants.create(givenTenant(tenant));
  }
  const loadRules = createRulesLoader();
  const shared = {
    deployment: givenDeployment({ tiers: [givenTier({ maxRunners: limit })] }),
    subnets: [{ subnetId: 'subnet-a', zone: 'us-east-1a' }],
    spotPrices: createMemorySpotPrices(),
    telemetry: createMemoryTelemetry(),
    clock: scheduler,
    chance: createMemoryChance(7),
    tickets: createTickets({ secret: createMemorySecret({ value: 'ticket-secret', clock: scheduler }) }),
  };
  for (let copy = 0; copy < copies; copy++) {
    const deps = {
      ...shared,
      tenants: calls.to(stores.tenants),
      jobs: calls.to(stores.jobs),
      launches: calls.to(stores.launches),
      runners: calls.to(stores.runners),
      controllers: calls.to(stores.controllers),
      loadRules,
      notes: calls.to(notes),
      compute: calls.to(compute),
      queues: calls.to(queue.queues),
      arrivals: calls.to(queue.arrivals),
    };
    queue.addCopy((batch) => acceptArrivals(deps, batch));
  }
  const jobs = tenants * jobsOfEach;
  for (let n = 0; n < jobs; n++) {
    const tenant = (n % tenants) + 1;
    const ids = { installationId: InstallationId(tenant), repositoryOwnerId: tenant, jobId: JobId(n + 1) };
    const event = givenEvent({ ...ids, queuedAt: noon + n, delivery: `d-${n}` });
    queue.send(event, latencies.aws + (n * arriveWithinMilliseconds) / jobs);
  }
  await scheduler.runUntil(noon + 60_000);
  if (compute.live().length !== jobs)
    throw new Error(`${compute.live().length} machines came for ${jobs} jobs.`);
  const { sentAt, failedWrites } = calls.seen;
  return { lastSent: (Math.max(...sentAt) - noon) / 1000, launches: sentAt.length, failedWrites };
}

/** Lets each call take its time, half of it on its way to the service. */
export function createCalls(scheduler: Scheduler, latencies: BurstShape['latencies']) {
  const seen = { sentAt: [] as number[], failedWrites: 0 };
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

function hasFailed(member: string, answer: unknown): boolean {
  const isRefused =
    typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind !== 'taken';
  return member === 'take' ? isRefused : member.startsWith('write') && answer === false;
}

/** Hands what is there to whichever copy is free, at once, as the laptop does. */
export function createModelledQueue(scheduler: Scheduler) {
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
  const queues: Queues = {
    sendToTier: async (_, message, { delaySeconds = 0 } = {}) => send(message, delaySeconds * 1000),
    sendToLifecycle: async () => undefined,
    sendToCompletions: async () => undefined,
    sendToInstallations: async () => undefined,
    sendToAdmission: async () => undefined,
  };
  const arrivals: Arrivals = {
    take: async () => line.splice(0, batchSize).map((delivery) => ({ ...delivery, receipt: delivery.id })),
    done: async () => undefined,
  };
  return { send, queues, arrivals, addCopy: (copy: (typeof idle)[number]) => void idle.push(copy) };
}
