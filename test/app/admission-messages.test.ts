/** What one message of the admission function leads to: the job's row says whether anybody is to be asked, and by which gate. */
import { describe, expect, it } from '@jest/globals';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import {
  givenController,
  givenRules,
  givenScope,
  putControllers,
  putPlatformControllers,
} from '../support/controllers.ts';
import { acme, givenEvent, givenTenant } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const second = 1000;
const minute = 60 * second;
const wide = [givenScope({ kind: 'installation' })];
const byPoll = (over: Partial<Controller> = {}) =>
  givenController({ state: 'enabled', scopes: wide, transport: { kind: 'poll' }, ...over });
const inDryRun = byPoll({ id: 'ctl_2', state: 'dry_run' });
const message = { kind: 'admission', installationId: acme, jobId: JobId(1) } as const;

/** Job 1 waits for these controllers; nobody has asked them yet. */
async function givenPending(...controllers: Controller[]) {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 5 })] });
  await putControllers(platform.controllers, ...controllers);
  await platform.accept(givenEvent({ repositoryId: 7 }));
  const { rows } = platform.stores.world;
  const key = `${acme}/1`;
  return {
    platform,
    drop: (name: 'tier' | 'admission') => {
      const { [name]: _dropped, ...rest } = rows.jobs.get(key)!;
      rows.jobs.set(key, rest);
    },
    edit: (over: Partial<Job>) => rows.jobs.set(key, { ...rows.jobs.get(key)!, ...over }),
    questions: () => [...rows.questions.values()],
    deliver: () => {
      platform.queues.admission.push(message);
      return platform.deliverAdmission();
    },
    decisions: () => platform.controllers.decisionsOfJob(acme, JobId(1)),
  };
}

describe('no controller is asked about a job', () => {
  it.each(['jobs', 'tenants'] as const)(
    'whose row is gone from the %s, and the message is done',
    async (table) => {
      const { platform, questions } = await givenPending(byPoll());
      platform.stores.world.rows[table].clear();
      expect(await platform.deliverAdmission()).toEqual([]);
      expect(questions()).toEqual([]);
    },
  );

  it('that no tier has the labels of', async () => {
    const { platform, drop, questions } = await givenPending(byPoll());
    drop('tier');
    expect(await platform.deliverAdmission()).toEqual([]);
    expect(questions()).toEqual([]);
  });

  it('that ended before anybody was asked', async () => {
    const { platform, questions } = await givenPending(byPoll());
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'cancelled' }));
    await platform.deliverAdmission();
    expect(questions()).toEqual([]);
    expect(platform.queues.admission).toEqual([]);
  });

  it('that was never planned under a policy, which pokes its tier', async () => {
    const { platform, drop, questions } = await givenPending(byPoll());
    drop('admission');
    await platform.deliverAdmission();
    expect(questions()).toEqual([]);
    expect(platform.queues.tiers).toMatchObject([{ message: { kind: 'poke' }, delaySeconds: 0 }]);
  });
});

describe('a job with a question from another policy', () => {
  it('is planned again immediately if its tenant changed the policy', async () => {
    const { platform, questions } = await givenPending(byPoll());
    await putControllers(platform.controllers, givenRules({}, 'false'));
    await platform.deliverAdmission();
    expect(questions()).toEqual([]);
    expect(platform.queues.tiers).toMatchObject([{ message: { kind: 'poke' }, delaySeconds: 0 }]);
  });

  it('is planned again immediately if its tenant no longer has a controller', async () => {
    const { platform } = await givenPending(byPoll());
    await putControllers(platform.controllers);
    await platform.deliverAdmission();
    expect(platform.queues.tiers).toMatchObject([{ message: { kind: 'poke' }, delaySeconds: 0 }]);
  });

  it('is planned again once every copy knows the policy, if the operator changed it', async () => {
    const { platform } = await givenPending(byPoll());
    await putPlatformControllers(platform.controllers, givenRules({ id: 'ctl_9' }, 'false'));
    platform.clock.advance(5 * second);
    await platform.deliverAdmission();
    expect(platform.queues.tiers).toMatchObject([{ delaySeconds: 5 }]);
  });

  it('pokes no tier if it no longer waits', async () => {
    const { platform, edit } = await givenPending(byPoll());
    edit({ state: 'covered' });
    await putControllers(platform.controllers, givenRules({}, 'false'));
    await platform.deliverAdmission();
    expect(platform.queues.tiers).toEqual([]);
  });
});

describe('a round of questions', () => {
  it('is checked again a second after the longest timeout of its controllers', async () => {
    const slow = byPoll({ id: 'ctl_2', timeoutMilliseconds: 8_500 });
    const { platform } = await givenPending(byPoll({ timeoutMilliseconds: 3_000 }), slow);
    await platform.deliverAdmission();
    expect(platform.queues.admission).toEqual([message]);
    expect(platform.queues.delayed).toEqual([{ kind: 'admission', delaySeconds: 10 }]);
  });

  it.each([
    ['waiting', 'queue'],
    ['running', 'start'],
  ] as const)('of a row without a round belongs to the gate of its state: %s, %s', async (state, gate) => {
    const { platform, edit, questions } = await givenPending(byPoll());
    const { round: _without, ...admission } = (await platform.job(1))!.admission!;
    edit({ state, admission });
    await platform.deliverAdmission();
    expect(questions()).toMatchObject([{ gate, askedAt: admission.at }]);
  });
});

describe('a controller in dry run', () => {
  it('is not asked again about a job that is over if no round was open with it', async () => {
    const { platform, edit, deliver, questions } = await givenPending(byPoll(), inDryRun);
    const { policy, at } = (await platform.job(1))!.admission!;
    for (const admission of [
      { policy, at, state: 'admitted' },
      { policy, at, state: 'admitted', round: { at, gate: 'queue' } },
      { policy, at: at + 1, state: 'asked', round: { at, gate: 'queue' } },
    ] as const) {
      edit({ state: 'done', admission });
      await deliver();
    }
    expect(questions()).toEqual([]);
  });

  it('has its answer at this gate recorded, though it answered the same at the other', async () => {
    const { platform, edit, deliver, decisions } = await givenPending(inDryRun);
    const { admission } = (await platform.job(1))!;
    const record = async (gate: 'queue' | 'start') => {
      platform.clock.advance(second);
      const at = platform.clock.now();
      edit({ admission: { ...admission!, at, round: { at, gate } } });
      await deliver();
      const question = [...platform.stores.world.rows.questions.values()].find((one) => one.gate === gate);
      await platform.questions.answer(question!, { vote: 'reject', reason: 'No.' }, at);
      await deliver();
      await deliver();
      const votes = (await decisions()).filter((one) => one.gate === gate);
      return votes.flatMap((one) => one.votes.map(({ vote, controllerId }) => [vote, controllerId]));
    };
    expect(await record('queue')).toEqual([['reject', 'ctl_2']]);
    expect(await record('start')).toEqual([['reject', 'ctl_2']]);
  });

  it('has its answer recorded once for each round', async () => {
    const { platform, edit, deliver, decisions, questions } = await givenPending(inDryRun);
    const { admission } = (await platform.job(1))!;
    for (const rounds of [1, 2]) {
      platform.clock.advance(minute);
      const at = platform.clock.now();
      edit({ admission: { ...admission!, at, round: { at, gate: 'queue' } } });
      await deliver();
      const last = questions().at(-1)!;
      await platform.questions.answer(last, { vote: 'admit' }, at);
      await deliver();
      await deliver();
      const said = (await decisions()).flatMap(({ votes }) => votes);
      expect(said.filter(({ controllerId }) => controllerId === 'ctl_2')).toHaveLength(rounds);
    }
  });
});
