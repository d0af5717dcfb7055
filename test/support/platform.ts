/**
 * The control plane's use cases on in-memory ports: what the functions do, without AWS or GitHub. Messages that use cases
 * send stay in the queues until a test delivers them.
 */
import { expect } from '@jest/globals';
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { askControllers } from '../../lib/app/admission/ask-controllers.ts';
import { withPlatformPolicy } from '../../lib/app/admission/platform-policy.ts';
import { answerStart } from '../../lib/app/claim/answer-start.ts';
import { claimJob } from '../../lib/app/claim/claim-job.ts';
import { confirmClaim } from '../../lib/app/claim/confirm-claim.ts';
import { budgetedGitHub } from '../../lib/app/common/budgeted-github.ts';
import { askBeforeSeconds, goneApartSeconds, goneRestSeconds } from '../../lib/app/common/settings.ts';
import { followLifecycle } from '../../lib/app/lifecycle/follow-lifecycle.ts';
import { reconcile } from '../../lib/app/reconciler/reconcile.ts';
import { acceptJobs } from '../../lib/app/scale-up/accept-jobs.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import type { Deployment } from '../../lib/contract/deployment.ts';
import type { RunHint } from '../../lib/contract/machine.ts';
import { type InstallationId, InstanceId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { createMemoryCallbacks } from '../fakes/callbacks.ts';
import { createMemoryChance, createMemoryClock } from '../fakes/clock.ts';
import { createMemoryCompute } from '../fakes/compute.ts';
import { createMemoryGitHub } from '../fakes/github.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { createMemorySpotPrices } from '../fakes/spot-prices.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { acme, givenDeployment, givenTenant, noon } from './given.ts';

export type Platform = Awaited<ReturnType<typeof givenPlatform>>;

export async function givenPlatform(
  over: { deployment?: Partial<Deployment>; tenants?: readonly Tenant[] } = {},
) {
  const clock = createMemoryClock(noon);
  const stores = createMemoryStores();
  const compute = createMemoryCompute(clock.now);
  const github = createMemoryGitHub();
  const telemetry = createMemoryTelemetry();
  const deployment = givenDeployment(over.deployment);
  const queues = createMemoryQueues((tier) => deployment.tiers.some(({ name }) => name === tier));
  const deps = {
    deployment,
    subnets: [
      { subnetId: 'subnet-a', zone: 'us-east-1a' },
      { subnetId: 'subnet-b', zone: 'us-east-1b' },
    ],
    ...withPlatformPolicy(
      { tenants: stores.tenants, runners: stores.runners },
      { controllers: stores.controllers, clock },
    ),
    audit: stores.audit,
    usage: stores.usage,
    ledger: stores.ledger,
    jobs: stores.jobs,
    launches: stores.launches,
    controllers: stores.controllers,
    loadRules: createRulesLoader(),
    questions: stores.questions,
    callbacks: createMemoryCallbacks(),
    notes: createMemoryNotes(),
    compute,
    spotPrices: createMemorySpotPrices(),
    queues,
    github,
    telemetry,
    clock,
    chance: createMemoryChance(7),
    tickets: createTickets({ secret: createMemorySecret({ value: 'ticket-secret', clock }) }),
    /** Here a machine's document is its instance id; the real verification has tests of its own. */
    identity: {
      verify: async (document: string) =>
        document.startsWith('i-')
          ? {
              instanceId: InstanceId(document),
              accountId: '123456789012',
              region: 'us-east-1',
              pendingTime: noon,
              instanceType: 't3.medium',
              zone: 'us-east-1a',
            }
          : { refused: 'unverified' as const },
    },
  };
  for (const tenant of over.tenants ?? [givenTenant()]) {
    const { installationId, accountId, accountLogin, accountType } = tenant;
    await stores.tenants.create(tenant);
    github.putInstallation(installationId, {
      accountId,
      accountLogin,
      accountType,
      suspended: false,
      repositories: ['app'],
    });
  }

  /** Calls GitHub as one copy of a function does. */
  const working = { ...deps, github: budgetedGitHub(github, deps) };
  let deliveries = 0;
  const asDeliveries = (messages: readonly unknown[]) =>
    messages.map((message) => ({
      id: `m-${++deliveries}`,
      body: typeof message === 'string' ? message : JSON.stringify(message),
    }));
  const accept = (...messages: readonly unknown[]) => acceptJobs(deps, asDeliveries(messages));
  const request = (instanceId: InstanceId, nonce = '0'.repeat(32)) => ({
    ticket: compute.machines.get(instanceId)?.tags.get(tagKeys.ticket) ?? '',
    document: instanceId,
    signature: 'signed',
    nonce,
  });
  return {
    ...deps,
    stores,
    accept,
    /** EC2 starts the machines, but the answer is lost; EC2 shows them later. */
    acceptUnheard: async (...messages: readonly unknown[]) => {
      Object.assign(compute.dials, { loseAnswers: 2, hideNew: true });
      await accept(...messages);
      Object.assign(compute.dials, { loseAnswers: 0, hideNew: false });
      for (const machine of compute.machines.values()) machine.hidden = false;
    },
    follow: (...messages: readonly unknown[]) => followLifecycle(deps, asDeliveries(messages)),
    claim: (instanceId: InstanceId, nonce?: string) => claimJob(working, request(instanceId, nonce)),
    confirm: (instanceId: InstanceId, nonce?: string, gated = false) =>
      confirmClaim(deps, {
        ...request(instanceId, nonce),
        gated,
        timings: { up: 22_000, prepared: 7_000, claimed: 900 },
      }),
    /** The question that the machine's agent asks before the first step of the job that GitHub gave it. */
    start: (instanceId: InstanceId, { hint, nonce }: { hint?: RunHint; nonce?: string } = {}) =>
      answerStart(working, { ...request(instanceId, nonce), ...(hint ? { hint } : {}) }),
    /** The machine ends by itself, and EC2 sends the event. */
    machineEnds: (instanceId: InstanceId, state = 'terminated') => {
      compute.setState(instanceId, state);
      return followLifecycle(deps, asDeliveries([instanceEvent(instanceId, state)]));
    },
    sweep: () => sweep(working),
    reconcile: () => reconcile(working),
    /** Delivers the pokes that were sent, and those that result from them. */
    deliverPokes: async () => {
      for (let round = 0; queues.tiers.length > 0 && round < 20; round++) {
        await accept(...queues.tiers.splice(0).map(({ message }) => message));
      }
    },
    /** Delivers once the messages for the admission function. */
    deliverAdmission: () =>
      askControllers(
        { ...deps, loadGitHub: async () => working.github },
        asDeliveries(queues.admission.splice(0)),
      ),
    /** Delivers the messages for the tenant manager; the messages that it sends stay in the queues. */
    deliverInstallations: () =>
      applyInstallationEvents(working, asDeliveries(queues.installations.splice(0))),
    job: (jobId: number, installationId: InstallationId = acme) =>
      stores.jobs.get(installationId, jobId as Parameters<typeof stores.jobs.get>[1]),
    liveMachines: () => compute.live().map(({ instanceId }) => instanceId),
    leases: async (installationId: InstallationId = acme) =>
      (await stores.tenants.get(installationId))?.leases,
  };
}

/** Asks GitHub at the end of each rest, until its answer that it has no such job counts. */
export async function denialLasts(platform: Platform): Promise<void> {
  for (let seconds = 0; seconds < goneApartSeconds; seconds += goneRestSeconds - askBeforeSeconds) {
    platform.clock.advance((goneRestSeconds - askBeforeSeconds) * 1000);
    await platform.sweep();
  }
}

/** EventBridge's event about an instance. */
export const instanceEvent = (instanceId: InstanceId, state: string) => ({
  'detail-type': 'EC2 Instance State-change Notification',
  detail: { 'instance-id': instanceId, state },
});

/** As many leases as live machines, never more than the limit, and none for anybody else. */
export async function expectBalanced(
  platform: Platform,
  installationId: InstallationId = acme,
): Promise<void> {
  const tenant = await platform.stores.tenants.get(installationId);
  const machines = platform.compute
    .live()
    .filter(({ tags }) => tags.get(tagKeys.tenant) === String(installationId));
  expect(tenant?.leases).toBe(machines.length);
  expect(machines.length).toBeLessThanOrEqual(tenant?.maxRunners ?? 0);
  expectRecorded(platform);
}

/** Each machine with a closed row has exactly one cost record. */
function expectRecorded({ stores: { world } }: Platform): void {
  const ended = world.allRunners().filter(({ state }) => state === 'ended');
  const recorded = [...world.rows.usage.values()].map(({ instanceId }) => instanceId);
  expect(recorded.toSorted()).toEqual(expect.arrayContaining(ended.map(({ instanceId }) => instanceId)));
  expect(new Set(recorded).size).toBe(recorded.length);
}

/** Everything is over: no machine, no lease, no open row. */
export async function expectNothingLeft(
  platform: Platform,
  installationId: InstallationId = acme,
): Promise<void> {
  const never = Number.MAX_SAFE_INTEGER;
  expect(platform.liveMachines()).toEqual([]);
  expect(await platform.leases(installationId)).toBe(0);
  expectRecorded(platform);
  expect(await platform.stores.launches.listOverdueAcrossTenants(never, 100)).toEqual([]);
  const watched = await platform.stores.launches.listWatchedAcrossTenants(never, 100);
  const ids = watched.flatMap(({ instances }) => [...instances.values()]);
  const runners = await platform.stores.runners.findAcrossTenants(ids);
  expect(runners.filter(({ state }) => state !== 'ended')).toEqual([]);
  expect((await platform.stores.jobs.scanPendingAcrossTenants({ limit: 100 })).jobs).toEqual([]);
}
