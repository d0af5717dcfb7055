/**
 * Admission controllers in virtual time: scale-up's and admission's real use cases on stores in memory, where calls and controllers
 * take as long as they are told to, and processors no time at all. What controllers of one tenant cost the others, or a dry run
 * its own job, is the same on any machine.
 */
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { askControllers } from '../../lib/app/admission/ask-controllers.ts';
import { acceptArrivals } from '../../lib/app/scale-up/accept-arrivals.ts';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { createMemoryCallbacks } from '../fakes/callbacks.ts';
import { createMemoryChance } from '../fakes/clock.ts';
import { createMemoryCompute } from '../fakes/compute.ts';
import { createMemoryGitHub } from '../fakes/github.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { createMemorySpotPrices } from '../fakes/spot-prices.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { createScheduler } from '../sim/scheduler.ts';
import { givenDeployment, givenEvent, givenTenant, givenTier, noon } from '../support/given.ts';
import { createCalls, createModelledQueue } from './modelled-burst.ts';

/** No rule here names what only GitHub has. */
const loadGitHub = async () => createMemoryGitHub();

export interface AdmissionShape {
  /** Of the first tenant, who has controllers; the others have one each, and no controllers. */
  readonly jobs: number;
  readonly others: number;
  readonly controllers: readonly Controller[];
  /** Milliseconds that each controller behind a URL takes; absent: it never answers. */
  readonly answersAfter?: number;
  /** Of each function, at once. */
  readonly copies: number;
  readonly latencies: { readonly aws: number; readonly createFleet: number };
}

export interface ModelledAdmission {
  /** Seconds from the first webhook to the last launch, of the tenant with controllers. */
  readonly own: number;
  /** The same of the others. */
  readonly others: number;
}

/** The tenant that has controllers. */
export const controlled = InstallationId(1);
const limit = 1000;
/** From the first webhook to the last. */
const arriveWithinMilliseconds = 100;

export async function modelAdmission(shape: AdmissionShape): Promise<ModelledAdmission> {
  const { jobs, others, copies, latencies } = shape;
  const scheduler = createScheduler(noon);
  const stores = createMemoryStores();
  const arriving = createModelledQueue(scheduler);
  const asking = createModelledQueue(scheduler);
  const { to } = createCalls(scheduler, latencies);
  const [compute, notes] = [createMemoryCompute(scheduler.now), createMemoryNotes()];
  for (let n = 1; n <= others + 1; n++) {
    const tenant = { installationId: InstallationId(n), accountId: n, maxRunners: limit };
    await stores.tenants.create(givenTenant(tenant));
  }
  await putControllers(stores, shape.controllers);
  const loadRules = createRulesLoader();
  // Loading takes real time, and here none may pass.
  await loadRules();
  const callbacks = createMemoryCallbacks();
  for (const { transport, timeoutMilliseconds } of shape.controllers) {
    if (transport.kind !== 'https') continue;
    callbacks.controllers.set(transport.url, async () => {
      await scheduler.sleep(shape.answersAfter ?? timeoutMilliseconds);
      return shape.answersAfter === undefined
        ? { kind: 'failed', why: 'no answer in time' }
        : { kind: 'answered', vote: 'admit' };
    });
  }
  const queues = {
    ...arriving.queues,
    sendToAdmission: async (message: unknown, { delaySeconds = 0 } = {}) =>
      asking.send(message, delaySeconds * 1000),
  };
  const shared = {
    deployment: givenDeployment({ tiers: [givenTier({ maxRunners: limit })] }),
    subnets: [{ subnetId: 'subnet-a', zone: 'us-east-1a' }],
    spotPrices: createMemorySpotPrices(),
    telemetry: createMemoryTelemetry(),
    clock: scheduler,
    chance: createMemoryChance(7),
    tickets: createTickets({ secret: createMemorySecret({ value: 'ticket-secret', clock: scheduler }) }),
    loadRules,
    callbacks,
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
    arriving.addCopy((batch) => acceptArrivals(deps, batch));
    asking.addCopy((batch) => askControllers({ ...deps, loadGitHub }, batch));
  }
  for (let n = 0; n < jobs + others; n++) {
    // Those of the others come in between.
    const isOwn = others === 0 || n % Math.ceil((jobs + others) / others) !== 0 || n / jobs > others;
    send(n, isOwn ? 1 : 2 + (n % others));
  }
  await scheduler.runUntil(noon + 120_000);
  const launched = stores.world.allLaunches();
  const lastOf = (isOf: (tenant: InstallationId) => boolean) =>
    Math.max(
      ...launched.filter(({ installationId }) => isOf(installationId)).map(({ createdAt }) => createdAt),
    );
  if (compute.live().length !== jobs + others)
    throw new Error(`${compute.live().length} machines came for ${jobs + others} jobs.`);
  return {
    own: (lastOf((tenant) => tenant === controlled) - noon) / 1000,
    others: others === 0 ? 0 : (lastOf((tenant) => tenant !== controlled) - noon) / 1000,
  };

  function send(n: number, tenant: number) {
    const ids = { installationId: InstallationId(tenant), repositoryOwnerId: tenant, jobId: JobId(n + 1) };
    const event = givenEvent({ ...ids, queuedAt: noon + n, delivery: `d-${n}` });
    arriving.send(event, latencies.aws + (n * arriveWithinMilliseconds) / (jobs + others));
  }
}

/** As the tenant's administrator made them. */
export async function putControllers(
  { controllers: store }: Pick<ReturnType<typeof createMemoryStores>, 'controllers'>,
  controllers: readonly Controller[],
): Promise<void> {
  if (controllers.length === 0) return;
  const from = await store.policyOf(controlled);
  if ((await store.save(from, { put: controllers, remove: [] })) !== 'saved')
    throw new Error('The controllers were not saved.');
  const createdAt = new Date(noon).toISOString();
  const put = [{ id: 'sec_1', value: 'whsec_b2xk', createdAt }];
  for (const { id, transport } of controllers) {
    if (transport.kind === 'https') await store.saveSecrets(controlled, id, { from: [], put });
  }
}
