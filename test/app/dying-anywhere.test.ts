import { describe, expect, it } from '@jest/globals';
import { followLifecycle } from '../../lib/app/lifecycle/follow-lifecycle.ts';
import { acceptJobs } from '../../lib/app/scale-up/accept-jobs.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import { JobId } from '../../lib/core/ids.ts';
import { givenRules, putControllers } from '../support/controllers.ts';
import { dieEverywhere, moments } from '../support/die-everywhere.ts';
import { acme, givenEvent } from '../support/given.ts';
import { expectBalanced, expectNothingLeft, givenPlatform, type Platform } from '../support/platform.ts';

const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId), delivery: `d-${jobId}` });
const bodies = (...messages: unknown[]) =>
  messages.map((message, n) => ({ id: `m-${n}`, body: JSON.stringify(message) }));
/** What follows a death: the messages come again, minutes pass, and the sweep runs. */
async function recover(platform: Platform, ...messages: unknown[]) {
  for (let minute = 0; minute < 4; minute++) {
    await platform.accept(...messages);
    await platform.deliverPokes();
    platform.clock.advance(61_000);
    await platform.sweep();
    await platform.deliverPokes();
    await expectBalanced(platform);
  }
}

/** It is asked about the third job. */
const polls = { id: 'ctl_2', transport: { kind: 'poll' }, match: 'job.id == 3' } as const;

/** Whoever fetches questions admits each, and is told of again. */
async function admitAll({ questions, queues, clock, deliverAdmission }: Platform) {
  for (const question of await questions.pendingOf(acme, polls.id, { now: clock.now(), limit: 10 })) {
    await questions.answer(question, { vote: 'admit' }, clock.now());
    queues.admission.push({ kind: 'admission', installationId: acme, jobId: question.jobId });
  }
  await deliverAdmission();
}

describe.each(moments)('a process that dies %s any call', (when) => {
  it('of scale-up: each job has one machine, and the limit holds', async () => {
    const jobs = [queued(1), queued(2), queued(3)];
    const deaths = await dieEverywhere(when, {
      given: () => givenPlatform(),
      act: (deps) => acceptJobs(deps, bodies(...jobs)),
      check: async (platform, where) => {
        await recover(platform, ...jobs);
        expect([where, platform.liveMachines().length]).toEqual([where, 2]);
        expect([where, (await platform.job(1))?.state, (await platform.job(2))?.state]).toEqual([
          where,
          'covered',
          'covered',
        ]);
      },
    });
    expect(deaths).toBeGreaterThanOrEqual(6);
  });

  it('of scale-up under controllers: what they admit starts, what they reject never does', async () => {
    const jobs = [queued(1), { ...queued(2), repository: 'acme/web' }, queued(3)];
    const deaths = await dieEverywhere(when, {
      given: async () => {
        const platform = await givenPlatform();
        const byRules = givenRules({}, 'repository.name == "acme/web"');
        await putControllers(platform.controllers, byRules, { ...byRules, ...polls });
        return platform;
      },
      act: (deps) => acceptJobs(deps, bodies(...jobs)),
      check: async (platform, where) => {
        for (let minute = 0; minute < 3; minute++) {
          await platform.accept(...jobs);
          await platform.deliverAdmission();
          await admitAll(platform);
          await recover(platform);
        }
        expect([where, platform.liveMachines().length]).toEqual([where, 2]);
        for (const n of [1, 3]) expect([where, (await platform.job(n))?.state]).toEqual([where, 'covered']);
        const refused = (await platform.job(2))?.reason?.code;
        expect([where, refused]).toEqual([where, 'controller-rejected']);
      },
    });
    expect(deaths).toBeGreaterThanOrEqual(8);
  });

  it('of scale-up, when EC2 gives one of two: no lease is lost, none is free too early', async () => {
    const deaths = await dieEverywhere(when, {
      given: async () => {
        const platform = await givenPlatform();
        platform.compute.dials.pools.set('t3.medium:on-demand', 1);
        return platform;
      },
      act: (deps) => acceptJobs(deps, bodies(queued(1), queued(2))),
      check: async (platform) => {
        platform.compute.dials.pools.clear();
        await recover(platform, queued(1), queued(2));
        expect(platform.liveMachines()).toHaveLength(2);
      },
    });
    expect(deaths).toBeGreaterThanOrEqual(9);
  });

  it('of scale-up, when EC2 throttles: the launch is never made again once its leases went back', async () => {
    await dieEverywhere(when, {
      given: async () => {
        const platform = await givenPlatform();
        platform.compute.dials.refuseNext.push({
          class: 'throttled',
          code: 'RequestLimitExceeded',
          message: '',
        });
        return platform;
      },
      act: (deps) => acceptJobs(deps, bodies(queued(1), queued(2))),
      check: async (platform) => {
        platform.compute.dials.refuseNext.splice(0);
        await recover(platform, queued(1), queued(2));
        expect(platform.liveMachines()).toHaveLength(2);
      },
    });
  });

  it('of the lifecycle: a job that is done leaves no machine and no lease, and the next one starts', async () => {
    const completed = (platform: Platform) =>
      givenEvent({ action: 'completed', conclusion: 'success', runnerName: platform.liveMachines()[0]! });
    let done: unknown;
    await dieEverywhere(when, {
      given: async () => {
        const platform = await givenPlatform();
        await platform.accept(queued(1), queued(2), queued(3));
        for (const machine of platform.liveMachines()) await platform.claim(machine);
        for (const machine of platform.liveMachines()) await platform.confirm(machine);
        done = completed(platform);
        return platform;
      },
      act: (deps) => followLifecycle(deps, bodies(done)),
      check: async (platform, where) => {
        await platform.follow(done);
        await recover(platform);
        expect([where, (await platform.job(3))?.state]).toEqual([where, 'covered']);
      },
    });
  });

  it('of the tenant manager: an uninstalled tenant ends with nothing', async () => {
    const event = {
      kind: 'installation',
      event: 'installation.deleted',
      installationId: acme,
      repositoriesRemoved: [],
      delivery: 'd',
    };
    await dieEverywhere(when, {
      given: async () => {
        const platform = await givenPlatform();
        await platform.accept(queued(1), queued(2), queued(3));
        platform.github.deleteInstallation(acme);
        return platform;
      },
      act: (deps) => applyInstallationEvents(deps, bodies(event)),
      check: async (platform) => {
        await applyInstallationEvents(platform, bodies(event));
        await platform.follow(...platform.queues.lifecycle.splice(0));
        await platform.deliverPokes();
        await expectNothingLeft(platform);
      },
    });
  });

  it('of the sweep: the next one finishes the work', async () => {
    await dieEverywhere(when, {
      given: async () => {
        const platform = await givenPlatform();
        await platform.acceptUnheard(queued(1), queued(2), queued(3));
        platform.clock.advance(61_000);
        return platform;
      },
      act: (deps) => sweep(deps),
      check: async (platform, where) => {
        await recover(platform);
        expect([where, platform.liveMachines().length]).toEqual([where, 2]);
      },
    });
  });
});
