/**
 * More processes that die at any call: those that follow facts, serve machines, change tenants, and repair. Their messages
 * come again, early and late, or never.
 */
import { describe, expect, it } from '@jest/globals';
import { claimJob } from '../../lib/app/claim/claim-job.ts';
import { confirmClaim } from '../../lib/app/claim/confirm-claim.ts';
import { followLifecycle } from '../../lib/app/lifecycle/follow-lifecycle.ts';
import { reconcile } from '../../lib/app/reconciler/reconcile.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import { dieEverywhere, moments } from '../support/die-everywhere.ts';
import { acme, givenTenant, givenTier } from '../support/given.ts';
import {
  acceptAll,
  begun,
  expectAllDone,
  finish,
  givenBeta,
  givenJobs,
  givenListening,
  goOn,
  machineOf,
  onGitHub,
  queued,
  start,
} from '../support/going-on.ts';
import { type givenPlatform, instanceEvent, type Platform } from '../support/platform.ts';

interface Work {
  readonly world?: Parameters<typeof givenPlatform>[0];
  /** @returns the messages, or the machine, that the process is to handle */
  readonly given: (platform: Platform) => Promise<readonly unknown[]>;
  readonly act: (deps: Platform, messages: readonly unknown[]) => Promise<unknown>;
  /** It makes at least so many calls; with fewer, nothing would be tested. */
  readonly calls: number;
}

const bodies = (messages: readonly unknown[]) =>
  messages.map((message, n) => ({ id: `m-${n}`, body: JSON.stringify(message) }));
const follow: Work['act'] = (deps, messages) => followLifecycle(deps, bodies(messages));
const manage: Work['act'] = (deps, messages) => applyInstallationEvents(deps, bodies(messages));
const request = ({ compute }: Platform, machine: unknown) => ({
  ticket: compute.machines.get(InstanceId(String(machine)))?.tags.get(tagKeys.ticket) ?? '',
  document: String(machine),
  signature: 'signed',
  nonce: '0'.repeat(32),
});
const advance = (platform: Platform, ...limits: ('bootSeconds' | 'idleSeconds')[]) => {
  for (const limit of limits) platform.clock.advance(platform.deployment.limits[limit] * 1000);
};

const former = InstallationId(acme - 1);
const event = { kind: 'installation', installationId: acme, repositoriesRemoved: [], delivery: 'd' };

const works: Readonly<Record<string, Work>> = {
  'a start on the machine of another job': {
    given: async (platform) => {
      await givenListening(platform);
      return [start(platform, 2, machineOf(platform, 1))];
    },
    act: follow,
    calls: 3,
  },
  'a start of a job that has no machine': {
    given: async (platform) => {
      await givenListening(platform);
      return [start(platform, 3, machineOf(platform, 1))];
    },
    act: follow,
    calls: 4,
  },
  'a start and its machine’s end together': {
    world: {
      deployment: {
        limits: { bootSeconds: 600, idleSeconds: 120, jobSeconds: 3_600, waitSeconds: 86_400 },
      },
    },
    given: async (platform) => {
      await givenListening(platform);
      const machine = machineOf(platform, 1);
      platform.compute.setState(machine, 'terminated');
      finish(platform, 1, machine, 'failure');
      return [begun(1, machine), instanceEvent(machine, 'terminated')];
    },
    act: follow,
    calls: 6,
  },
  'a job’s end and its machine’s together': {
    given: async (platform) => {
      await givenListening(platform);
      const machine = machineOf(platform, 1);
      platform.compute.setState(machine, 'terminated');
      return [finish(platform, 1, machine), instanceEvent(machine, 'terminated')];
    },
    act: follow,
    calls: 6,
  },
  'the end of another job than planned': {
    given: async (platform) => {
      await givenListening(platform);
      const machine = machineOf(platform, 1);
      await platform.follow(start(platform, 3, machine));
      return [finish(platform, 3, machine)];
    },
    act: follow,
    calls: 6,
  },
  'the end of a machine for which another tenant waits': {
    world: {
      tenants: [givenTenant(), givenBeta()],
      deployment: { tiers: [givenTier({ capOverAllTenants: 2 })] },
    },
    given: async (platform) => {
      await givenListening(platform);
      await platform.accept(queued(4));
      return [finish(platform, 1, machineOf(platform, 1))];
    },
    act: follow,
    calls: 8,
  },
  'the end of a booting machine': {
    given: async (platform) => {
      await acceptAll(platform);
      const machine = machineOf(platform, 1);
      platform.compute.setState(machine, 'terminated');
      return [instanceEvent(machine, 'terminated')];
    },
    act: follow,
    calls: 6,
  },
  'the warning of a booting spot machine': {
    world: { deployment: { tiers: [givenTier({ spot: true })] } },
    given: async (platform) => {
      await acceptAll(platform);
      const detail = { 'instance-id': machineOf(platform, 1), 'instance-action': 'terminate' };
      return [{ 'detail-type': 'EC2 Spot Instance Interruption Warning', detail }];
    },
    act: follow,
    calls: 6,
  },
  'a claim': {
    given: async (platform) => {
      await acceptAll(platform);
      return [machineOf(platform, 1)];
    },
    act: (deps, [machine]) => claimJob(deps, request(deps, machine)),
    calls: 4,
  },
  'a claim of a machine whose job was cancelled': {
    given: async (platform) => {
      await acceptAll(platform);
      await platform.follow(finish(platform, 1, null, 'cancelled'));
      return [machineOf(platform, 1)];
    },
    act: (deps, [machine]) => claimJob(deps, request(deps, machine)),
    calls: 5,
  },
  'a confirmation': {
    given: async (platform) => {
      await acceptAll(platform);
      const machine = machineOf(platform, 1);
      await platform.claim(machine);
      return [machine];
    },
    act: (deps, [machine]) => confirmClaim(deps, request(deps, machine)),
    calls: 1,
  },
  'a sweep of machines that never claimed': {
    given: async (platform) => {
      await acceptAll(platform);
      advance(platform, 'bootSeconds');
      return [];
    },
    act: (deps) => sweep(deps),
    calls: 10,
  },
  'a sweep of machines whose end was not reported': {
    given: async (platform) => {
      await givenListening(platform);
      for (const machine of platform.liveMachines()) platform.compute.setState(machine, 'terminated');
      advance(platform, 'bootSeconds', 'idleSeconds');
      return [];
    },
    act: (deps) => sweep(deps),
    calls: 10,
  },
  'a sweep that asks about a job whose machine is gone': {
    given: async (platform) => {
      await givenListening(platform);
      const machine = machineOf(platform, 1);
      await platform.follow(start(platform, 1, machine));
      await platform.machineEnds(machine);
      onGitHub(platform, 1, { status: 'queued' });
      platform.clock.advance(120_000);
      return [];
    },
    act: (deps) => sweep(deps),
    calls: 10,
  },
  'a reconciliation after lost webhooks': {
    given: async (platform) => {
      await platform.accept(queued(1));
      platform.clock.advance(20 * 60_000);
      return [];
    },
    act: (deps) => reconcile(deps),
    calls: 10,
  },
  'an installation by an account whose former one has machines': {
    world: { tenants: [givenTenant({ installationId: former })] },
    given: async (platform) => {
      await platform.accept(queued(9, { installationId: former }));
      platform.github.deleteInstallation(former);
      const { accountId, accountLogin, accountType } = givenTenant();
      const account = { accountId, accountLogin, accountType };
      platform.github.putInstallation(acme, { ...account, suspended: false, repositories: ['app'] });
      await acceptAll(platform);
      return [{ ...event, event: 'installation.created' }];
    },
    act: manage,
    calls: 6,
  },
  'the end of a suspension': {
    world: { tenants: [givenTenant({ status: 'suspended', suspendedBy: 'github' })] },
    given: async () => [{ ...event, event: 'installation.unsuspend' }],
    act: manage,
    calls: 3,
  },
};

/** A machine that is gone and seems to run its job is ended at the end of the longest job. */
const mostMinutes = 100;

describe.each(moments)('a process that dies %s any call', (when) => {
  describe.each(['again', 'never'] as const)('of which the message comes %s', (comes) => {
    it.each(Object.entries(works))('leaves no job and no machine behind in %s', async (_, work) => {
      let messages: readonly unknown[] = [];
      const deaths = await dieEverywhere(when, {
        given: async () => {
          const platform = await givenJobs(work.world);
          messages = await work.given(platform);
          return platform;
        },
        act: (deps) => work.act(deps, messages),
        check: async (platform, where) => {
          if (comes === 'again') await work.act(platform, messages);
          await goOn(platform, mostMinutes);
          // As late as it can come.
          if (comes === 'again') await work.act(platform, messages);
          await goOn(platform, 1);
          await expectAllDone(platform, where);
        },
      });
      expect(deaths).toBeGreaterThanOrEqual(work.calls);
    });
  });

  it('asks GitHub once at most to run a job again', async () => {
    const until = Number.MAX_SAFE_INTEGER;
    const message = {
      kind: 'rerun-job',
      installationId: acme,
      jobId: JobId(1),
      repository: 'acme/app',
      until,
    };
    await dieEverywhere(when, {
      given: async () => {
        const platform = await givenJobs();
        finish(platform, 1, null, 'failure');
        return platform;
      },
      act: (deps) => manage(deps, [message]),
      check: async (platform, where) => {
        await manage(platform, [message, message]);
        expect([where, platform.github.reruns.length <= 1]).toEqual([where, true]);
      },
    });
  });

  it('counts a run at most once that was not reported', async () => {
    let machine: InstanceId | undefined;
    await dieEverywhere(when, {
      given: async () => {
        const platform = await givenJobs();
        await givenListening(platform);
        machine = machineOf(platform, 1);
        // GitHub removes the registration of a runner that ran its job.
        await platform.github.removeRunner(acme, { kind: 'organization', organization: 'acme' }, machine);
        await platform.machineEnds(machine);
        return platform;
      },
      act: (deps) => manage(deps, [{ kind: 'unheard-run', installationId: acme, instanceId: machine }]),
      check: async (platform, where) => {
        await platform.deliverInstallations();
        const counted = platform.stores.world.tenant(acme)?.unknownRuns ?? 0;
        expect([where, counted <= 1]).toEqual([where, true]);
      },
    });
  });
});
