/**
 * The simulated world with one tenant and without faults, for tests that cause one event at a time. The test queues
 * the jobs, runs the sweep, and decides which function dies.
 */
import type { Deployment } from '../../lib/contract/deployment.ts';
import { InstallationId, TierName } from '../../lib/core/ids.ts';
import { givenDeployment, givenTenant, givenTier } from '../support/given.ts';
import { createAuditor } from './auditor/auditor.ts';
import { createEventLog } from './event-log.ts';
import type { Faults } from './faults.ts';
import { createControlPlane } from './program/control-plane.ts';
import { createPorts } from './program/ports.ts';
import type { ProcessDeps } from './program/process.ts';
import { createService } from './program/services.ts';
import { createRandom } from './random.ts';
import { createScheduler } from './scheduler.ts';
import { putInstallation } from './world/changes.ts';
import type { Account } from './world/context.ts';
import { createEc2 } from './world/ec2.ts';
import { createGitHubWorld } from './world/github.ts';
import { newAccountGroup } from './world/groups.ts';
import { runMachines } from './world/machines.ts';
import { createWebhooks } from './world/webhooks.ts';

export const start = Date.UTC(2026, 10, 21, 12);
export const installationId = InstallationId(101);

const none: Faults = { mood: 'calm', strikes: () => false, stop: () => undefined, describe: () => 'none' };

export interface CalmWorldOptions {
  readonly seed: number;
  readonly maxRunners: number;
  readonly faults?: Faults;
  readonly deathOf?: NonNullable<ProcessDeps['deathOf']>;
}

export type CalmWorld = ReturnType<typeof createCalmWorld>;

export function createCalmWorld({ seed, maxRunners, faults = none, deathOf }: CalmWorldOptions) {
  const random = createRandom(seed);
  const scheduler = createScheduler(start);
  const log = createEventLog({ kept: true, start, now: scheduler.now });
  const tier = givenTier({ maxRunners });
  const deployment: Deployment = givenDeployment({ tiers: [tier], defaultTier: TierName('small') });
  const ports = createPorts({ now: scheduler.now, sleep: scheduler.sleep });
  const { rows } = ports.stores.world;
  const auditor = createAuditor({
    rows,
    notes: ports.notes,
    deployment,
    now: scheduler.now,
    isInstalled: ports.github.isInstalled,
    market: ports.spotMarket,
    log: log.add,
  });
  const base = { random, scheduler, log, faults, auditor, ports, deployment };
  const service = createService(base);
  const plane = createControlPlane({
    ...base,
    service,
    callMilliseconds: 30,
    ...(deathOf ? { deathOf } : {}),
  });
  const day = deployment.limits.waitSeconds * 1000;
  const world = { ...base, plane, webhookMilliseconds: 2_000, keepsQueued: () => day };
  const ec2 = createEc2(world);
  const webhooks = createWebhooks(world);
  const github = createGitHubWorld(world, { ec2, webhooks });
  runMachines(world, { ec2, github });
  const account: Account = {
    id: 1,
    login: 'acme',
    type: 'Organization',
    repositories: ['app'],
    publicRepositories: new Set(),
    group: newAccountGroup(scheduler.now()),
    installationId,
    suspended: false,
    reinstalls: 0,
    letsRerun: false,
  };
  putInstallation(ports, account);
  return {
    ...world,
    rows,
    account,
    webhooks,
    /** The platform knows the installation. */
    addTenant: () => ports.stores.tenants.create(givenTenant({ installationId, maxRunners })),
    queueJob: (durationSeconds: number) =>
      github.queue({
        account,
        repository: 'acme/app',
        tier: tier.name,
        labels: tier.labels,
        durationSeconds,
      }),
    /** Until the end of that second, with a sweep at each full minute. */
    async runUntil(second: number) {
      const now = () => (scheduler.now() - start) / 1000;
      for (let next = Math.floor(now()) + 1; next <= second; next++) {
        await scheduler.runUntil(start + next * 1000);
        if (next % 60 === 0) plane.sweep();
      }
    },
  };
}
