/**
 * One tenant, many short jobs at once, and a world without faults: as many machines should come as jobs. GitHub gives each
 * job to whichever machine listens first, and the boots are spread more widely than the jobs last.
 */
import type { Deployment } from '../../lib/contract/deployment.ts';
import { InstallationId, TierName } from '../../lib/core/ids.ts';
import { givenDeployment, givenTenant, givenTier } from '../support/given.ts';
import { createAuditor } from './auditor/auditor.ts';
import type { Faults } from './faults.ts';
import { createControlPlane } from './program/control-plane.ts';
import { createPorts } from './program/ports.ts';
import { createService } from './program/services.ts';
import { createRandom } from './random.ts';
import { createScheduler } from './scheduler.ts';
import { createStory } from './story.ts';
import { putInstallation } from './world/changes.ts';
import type { Account } from './world/context.ts';
import { createEc2 } from './world/ec2.ts';
import { createGitHubWorld } from './world/github.ts';
import { newAccountGroup } from './world/groups.ts';
import { runMachines } from './world/machines.ts';
import { createWebhooks } from './world/webhooks.ts';

export interface Burst {
  readonly seed: number;
  readonly jobs: number;
  readonly longestJobSeconds: number;
  readonly maxRunners: number;
}

export interface BurstOutcome {
  readonly machines: number;
  readonly done: number;
  readonly story: readonly string[];
}

const start = Date.UTC(2026, 10, 21, 12);
const none: Faults = { mood: 'calm', strikes: () => false, stop: () => undefined, describe: () => 'none' };
const installationId = 101;

export async function burst({ seed, jobs, longestJobSeconds, maxRunners }: Burst): Promise<BurstOutcome> {
  const random = createRandom(seed);
  const scheduler = createScheduler(start);
  const story = createStory({ kept: true, start, now: scheduler.now });
  const tier = givenTier({ maxRunners });
  const deployment: Deployment = givenDeployment({ tiers: [tier], defaultTier: TierName('small') });
  const ports = createPorts({ now: scheduler.now, sleep: scheduler.sleep });
  const { rows } = ports.stores.world;
  const auditor = createAuditor({ rows, deployment, now: scheduler.now, tell: story.tell });
  const base = { random, scheduler, story, faults: none, auditor, ports, deployment };
  const plane = createControlPlane({ ...base, service: createService(base), callMilliseconds: 30 });
  const world = { ...base, plane, webhookMilliseconds: 2_000 };
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
  await ports.stores.tenants.create(
    givenTenant({ installationId: InstallationId(installationId), maxRunners }),
  );
  for (let n = 0; n < jobs; n++) {
    const durationSeconds = random.between(2, longestJobSeconds);
    const job = { account, repository: 'acme/app', tier: tier.name, labels: tier.labels, durationSeconds };
    scheduler.after(random.between(0, 2_000), () => github.queue(job));
  }
  for (let seconds = 60; seconds <= 3_600; seconds += 60) {
    await scheduler.runUntil(start + seconds * 1000);
    plane.sweep();
  }
  const done = [...rows.jobs.values()].filter(({ outcome }) => outcome === 'completed').length;
  return { machines: auditor.books.machines.size, done, story: story.lines };
}
