/** Controllers that are asked from outside: by a callback, or by a question that they fetch. */
import { describe, expect, it } from '@jest/globals';
import { isPolicyHere, policyAt } from '../../lib/app/admission/policies.ts';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { CallbackAnswer } from '../../lib/ports/callbacks.ts';
import { givenController, givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenTenant, small } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const url = 'https://controller.example.com/';
const wide = [givenScope({ kind: 'installation' })];
const byHttps = (over: Partial<Controller> = {}) =>
  givenController({ state: 'enabled', scopes: wide, transport: { kind: 'https', url }, ...over });
const byPoll = (over: Partial<Controller> = {}) =>
  givenController({ state: 'enabled', scopes: wide, transport: { kind: 'poll' }, ...over });
const queued = (n = 1) => givenEvent({ jobId: JobId(n), repositoryId: 7, delivery: `d-${n}` });
const stateOf = async (platform: Platform, n = 1) => {
  const job = await platform.job(n);
  return [job?.state, job?.reason?.code ?? job?.admission?.state];
};
const decisionsOf = (platform: Platform, n = 1) => platform.controllers.decisionsOfJob(acme, JobId(n));

async function givenAsked(answer: CallbackAnswer, ...controllers: Controller[]) {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 5 })] });
  await putControllers(platform.controllers, ...controllers);
  const put = [{ id: 'sec_1', value: 'whsec_b2xk', createdAt: '2026-11-21T12:00:00.000Z' }];
  for (const { id } of controllers) await platform.controllers.saveSecrets(acme, id, { from: [], put });
  platform.callbacks.controllers.set(url, () => answer);
  return platform;
}
const admit = { kind: 'answered', vote: 'admit' } as const;
const reject = { kind: 'answered', vote: 'reject', reason: 'No.' } as const;
const pending = ({ questions, clock }: Platform) =>
  questions.pendingOf(acme, 'ctl_1', { now: clock.now(), limit: 10 });

describe('a controller behind a URL', () => {
  it('is asked once the job waits, but not by scale-up', async () => {
    const platform = await givenAsked(admit, byHttps());
    await platform.accept(queued());
    expect(await stateOf(platform)).toEqual(['waiting', 'admission-pending']);
    expect(platform.callbacks.asked).toEqual([]);
    await platform.deliverAdmission();
    expect(platform.callbacks.asked).toMatchObject([
      {
        url,
        secrets: ['whsec_b2xk'],
        body: { gate: 'queue', controller: 'ctl_1', facts: { run: { id: 1000 } } },
      },
    ]);
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    expect(await decisionsOf(platform)).toMatchObject([{ outcome: 'admitted', votes: [{ vote: 'admit' }] }]);
  });

  it('refuses the job that it rejects, with its reason', async () => {
    const platform = await givenAsked(reject, givenRules({ id: 'ctl_0' }, 'false'), byHttps());
    await platform.accept(queued());
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect((await platform.job(1))?.reason).toMatchObject({
      code: 'controller-rejected',
      text: 'The admission controller ctl_1 rejected the job: No.',
    });
  });

  it('is not asked about what a rule rejects', async () => {
    const platform = await givenAsked(admit, givenRules({ id: 'ctl_0' }, 'true'), byHttps());
    await platform.accept(queued());
    expect(await stateOf(platform)).toEqual(['done', 'controller-rejected']);
    await platform.deliverAdmission();
    expect(platform.callbacks.asked).toEqual([]);
  });

  it('is asked again after growing pauses while it fails, up to a limit', async () => {
    const platform = await givenAsked({ kind: 'failed', why: 'it answered 500' }, byHttps());
    await platform.accept(queued());
    const waits: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      await platform.deliverAdmission();
      await platform.deliverPokes();
      expect(await stateOf(platform)).toEqual(['waiting', 'controller-unavailable']);
      waits.push(((await platform.job(1))!.admission!.againAt! - platform.clock.now()) / 1000);
      platform.clock.advance(waits.at(-1)! * 1000);
      await platform.sweep();
      await platform.deliverPokes();
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 600]);
    expect(platform.telemetry.total('JobsHeldByControllers', { tier: 'small' })).toBe(6);
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['done', 'controller-unavailable']);
    expect(platform.callbacks.asked).toHaveLength(7);
    expect(platform.liveMachines()).toEqual([]);
  });

  it('lets the job run if it fails and its failure policy admits', async () => {
    const platform = await givenAsked({ kind: 'failed', why: 'late' }, byHttps({ onFailure: 'admit' }));
    await platform.accept(queued());
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['covered', 'failed-open']);
  });

  it('in dry run delays no job, and its votes are recorded', async () => {
    const platform = await givenAsked(reject, byHttps({ state: 'dry_run' }));
    await platform.accept(queued());
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    await platform.deliverAdmission();
    expect((await decisionsOf(platform)).flatMap(({ votes }) => votes)).toMatchObject([
      { vote: 'reject', enforced: false },
    ]);
    expect(platform.telemetry.total('AdmissionDryRuns', { outcome: 'reject' })).toBe(1);
    expect(platform.telemetry.total('AdmissionAnswerMilliseconds', { kind: 'https' })).toBe(0);
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
  });

  it('in dry run adds no delay, even if it never answers', async () => {
    const platform = await givenAsked(admit, byHttps({ state: 'dry_run' }));
    platform.callbacks.controllers.set(url, () => new Promise<never>(() => undefined));
    const began = platform.clock.now();
    await platform.accept(queued());
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    expect(platform.clock.now()).toBe(began);
    // It is asked meanwhile, and gives no answer.
    void platform.deliverAdmission();
    const machine = platform.liveMachines()[0]!;
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    expect(platform.clock.now()).toBe(began);
  });

  it('is never called without a scope, even if others are', async () => {
    const inert = byHttps({ id: 'ctl_0', scopes: [] });
    const platform = await givenAsked(admit, inert, byHttps());
    await platform.accept(queued());
    await platform.deliverAdmission();
    expect(platform.callbacks.asked.map(({ body }) => body.controller)).toEqual(['ctl_1']);
  });

  it('decides nothing if it answers after the policy changed', async () => {
    const platform = await givenAsked(admit, byHttps());
    await platform.accept(queued());
    platform.callbacks.controllers.set(url, async () => {
      await putControllers(platform.controllers, givenRules({}, 'true'));
      return admit;
    });
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['done', 'controller-rejected']);
    expect(platform.liveMachines()).toEqual([]);
  });

  it('is asked again if the message about the job was lost', async () => {
    const platform = await givenAsked(admit, byHttps());
    await platform.accept(queued());
    platform.queues.admission.splice(0);
    platform.clock.advance(61_000);
    await platform.sweep();
    await platform.deliverPokes();
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
  });

  it('is asked again after one minute, and after twice as long each time that a message is lost', async () => {
    const platform = await givenAsked(admit, byHttps());
    await platform.accept(queued());
    const waits: number[] = [];
    for (let lost = 0; lost < 6; lost += 1) {
      platform.queues.admission.splice(0);
      waits.push(((await platform.job(1))!.admission!.againAt! - platform.clock.now()) / 1000);
      platform.clock.advance(waits.at(-1)! * 1000);
      await platform.sweep();
      await platform.deliverPokes();
    }
    expect(waits).toEqual([60, 120, 240, 480, 600, 600]);
  });

  it('is asked again after one minute under another policy, however long it waited under the one before', async () => {
    const platform = await givenAsked(admit, byHttps());
    await platform.accept(queued());
    platform.clock.advance(300_000);
    await putControllers(platform.controllers, byHttps({ description: 'changed' }));
    await platform.sweep();
    await platform.deliverPokes();
    const { admission } = (await platform.job(1))!;
    expect(admission?.againAt).toBe(platform.clock.now() + 60_000);
  });

  it('is asked again after ten minutes at the latest, however many messages were lost', async () => {
    const platform = await givenAsked(admit, byHttps());
    await platform.accept(queued());
    for (let lost = 0; lost < 8; lost++) {
      platform.queues.admission.splice(0);
      platform.clock.advance(601_000);
      await platform.sweep();
      await platform.deliverPokes();
      expect(platform.queues.admission).toHaveLength(1);
    }
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
  });

  it('is asked once for two messages, with at least one signing secret', async () => {
    const platform = await givenAsked(admit, byHttps());
    await platform.accept(queued());
    const [message] = platform.queues.admission;
    await platform.deliverAdmission();
    platform.queues.admission.push(message!);
    await platform.deliverAdmission();
    expect(platform.callbacks.asked).toHaveLength(1);
  });
});

describe('a controller that is asked twice at once', () => {
  it('decides by its first answer, whatever the second one says', async () => {
    const platform = await givenAsked(admit, byHttps());
    await platform.accept(queued());
    const [message] = platform.queues.admission;
    const late = Promise.withResolvers<CallbackAnswer>();
    const answers = [late.promise, Promise.resolve(reject)];
    platform.callbacks.controllers.set(url, () => answers.shift()!);
    const slow = platform.deliverAdmission();
    platform.queues.admission.push(message!);
    await platform.deliverAdmission();
    expect((await platform.job(1))?.admission?.state).toBe('rejected');

    platform.clock.advance(1_000);
    late.resolve(admit);
    await slow;

    expect((await platform.job(1))?.admission?.state).toBe('rejected');
    expect((await decisionsOf(platform)).map(({ outcome }) => outcome)).not.toContain('admitted');
  });
});

describe('messages of one round', () => {
  it('see the same failure: one of them decides, and the next round asks once', async () => {
    const platform = await givenAsked({ kind: 'failed', why: 'it answered 500' }, byHttps());
    await platform.accept(queued());
    const [message] = platform.queues.admission.splice(0);
    platform.queues.admission.push(message!, message!, message!, message!);
    const now = platform.clock.now.bind(platform.clock);
    let looks = 0;
    platform.clock.now = () => now() + looks++;
    await platform.deliverAdmission();
    expect((await platform.job(1))?.admission?.state).toBe('unavailable');
    expect(platform.queues.tiers).toHaveLength(1);

    platform.clock.advance(31_000);
    const [poke] = platform.queues.tiers.splice(0);
    await Promise.all([1, 2, 3, 4].map(() => platform.accept(poke!.message)));
    expect(platform.queues.admission).toHaveLength(1);
  });
});

describe('a controller in dry run beside an enabled one', () => {
  const later = { id: 'ctl_2', state: 'dry_run' } as const;
  const asked = ({ stores }: Platform, id: string) =>
    [...stores.world.rows.questions.values()].filter(({ controllerId }) => controllerId === id);
  const answerLate = async (platform: Platform, vote: 'admit' | 'reject') => {
    const [question] = asked(platform, 'ctl_2');
    platform.clock.advance(1_000);
    await platform.questions.answer(question!, { vote, reason: 'No.' }, platform.clock.now());
    // The one that was to come when its time is over comes after the one that tells of the answer.
    const message = { kind: 'admission', installationId: acme, jobId: JobId(1) } as const;
    platform.queues.admission.splice(0, platform.queues.admission.length, message);
    await platform.deliverAdmission();
    platform.queues.admission.push(message);
  };
  const lateRecord = (outcome: string, vote: string) => ({
    gate: 'queue',
    outcome,
    votes: [{ controllerId: 'ctl_2', vote, enforced: false }],
  });
  const ofFirst = (vote: string) => ({ votes: [{ controllerId: 'ctl_1', vote, enforced: true }] });

  it('is asked once and recorded once if it answers after the job has its machine', async () => {
    const platform = await givenAsked(admit, byHttps(), byPoll(later));
    await platform.accept(queued());
    const began = platform.clock.now();
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    expect(platform.clock.now()).toBe(began);

    await answerLate(platform, 'reject');
    platform.clock.advance(6_000);
    await platform.deliverAdmission();

    expect(asked(platform, 'ctl_2')).toHaveLength(1);
    expect(platform.callbacks.asked).toHaveLength(1);
    expect(await decisionsOf(platform)).toMatchObject([lateRecord('admitted', 'reject'), ofFirst('admit')]);
    expect(platform.telemetry.total('AdmissionDryRuns', { kind: 'queue', outcome: 'reject' })).toBe(1);
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    expect(platform.queues.admission).toEqual([]);
  });

  it('is recorded if it answers after the job was refused', async () => {
    const platform = await givenAsked(reject, byHttps(), byPoll(later));
    platform.callbacks.controllers.set(url, () => {
      platform.clock.advance(50);
      return reject;
    });
    await platform.accept(queued());
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['done', 'controller-rejected']);
    await answerLate(platform, 'admit');
    expect(await decisionsOf(platform)).toMatchObject([lateRecord('rejected', 'admit'), ofFirst('reject')]);
  });

  it('is recorded as failed once its time is over', async () => {
    const platform = await givenAsked(admit, byHttps(), byPoll(later));
    await platform.accept(queued());
    await platform.deliverAdmission();
    await platform.deliverPokes();
    platform.clock.advance(6_000);
    await platform.deliverAdmission();
    expect(await decisionsOf(platform)).toMatchObject([lateRecord('admitted', 'failed'), ofFirst('admit')]);
    expect(platform.queues.admission).toEqual([]);
  });

  it('is recorded with its answer from before the others decided', async () => {
    const dry = byHttps({ id: 'ctl_2', state: 'dry_run' });
    const platform = await givenAsked(reject, byPoll(), dry);
    await platform.accept(queued());
    await platform.deliverAdmission();
    expect(await decisionsOf(platform)).toEqual([]);
    const [question] = await pending(platform);
    await platform.questions.answer(question!, { vote: 'admit' }, platform.clock.now());
    await platform.deliverAdmission();
    expect(await decisionsOf(platform)).toMatchObject([lateRecord('admitted', 'reject'), ofFirst('admit')]);
    expect(platform.callbacks.asked).toHaveLength(1);
  });

  it('is called once a round even if it fails', async () => {
    const dry = byHttps({ id: 'ctl_2', state: 'dry_run' });
    const platform = await givenAsked({ kind: 'failed', why: 'it answered 500' }, byPoll(), dry);
    await platform.accept(queued());
    await platform.deliverAdmission();
    platform.clock.advance(6_000);
    await platform.deliverAdmission();
    expect(platform.callbacks.asked).toHaveLength(1);
    expect(await decisionsOf(platform)).toMatchObject([
      lateRecord('unavailable', 'failed'),
      { outcome: 'unavailable' },
    ]);
  });

  it('is asked again in each round of questions', async () => {
    const platform = await givenAsked({ kind: 'failed', why: 'it answered 500' }, byHttps(), byPoll(later));
    await platform.accept(queued());
    await platform.deliverAdmission();
    await platform.deliverPokes();
    platform.clock.advance(31_000);
    await platform.sweep();
    await platform.deliverPokes();
    await platform.deliverAdmission();
    expect(asked(platform, 'ctl_1')).toHaveLength(2);
    expect(asked(platform, 'ctl_2')).toHaveLength(2);
  });

  it('is recorded at the gate that asked, wherever the job is by then', async () => {
    const platform = await givenAsked(reject, byHttps({ state: 'dry_run' }));
    await platform.accept(queued());
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    await platform.deliverAdmission();
    expect(platform.callbacks.asked).toMatchObject([{ body: { gate: 'queue' } }]);
    expect((await decisionsOf(platform)).map(({ gate }) => gate)).toEqual(['queue', 'queue']);
  });
});

describe('a controller that polls', () => {
  it('finds the question, and its answer decides', async () => {
    const platform = await givenAsked(admit, byPoll());
    await platform.accept(queued());
    await platform.deliverAdmission();
    const [question] = await pending(platform);
    expect(question).toMatchObject({ jobId: 1, gate: 'queue', facts: { repository: { id: 7 } } });
    platform.queues.admission.splice(0);
    await platform.questions.answer(question!, { vote: 'reject', reason: 'No.' }, platform.clock.now());
    platform.queues.admission.push({ kind: 'admission', installationId: acme, jobId: JobId(1) });
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['done', 'controller-rejected']);
  });

  it('has failed once its time is over', async () => {
    const platform = await givenAsked(admit, byPoll());
    await platform.accept(queued());
    await platform.deliverAdmission();
    expect(platform.queues.admission).toHaveLength(1);
    expect(await stateOf(platform)).toEqual(['waiting', 'admission-pending']);
    platform.clock.advance(6_000);
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['waiting', 'controller-unavailable']);
  });
});

describe('a process’s cache of policies', () => {
  it('holds a hundred owners, and reads the policy of a further one again', async () => {
    const { controllers } = await givenPlatform();
    const owners = Array.from({ length: 101 }, (_, n) => InstallationId(n + 1));
    const { epoch: admissionEpoch } = await controllers.policyOf(owners[0]!);
    const isHere = (installationId: InstallationId) =>
      isPolicyHere({ controllers }, givenTenant({ installationId, admissionEpoch }));
    for (const owner of owners) await policyAt({ controllers }, owner, admissionEpoch);
    expect(owners.filter((owner) => !isHere(owner))).toEqual([owners[0]]);
  });
});

it('records the decision about a job whose tier was removed, which has no queue to poke', async () => {
  const platform = await givenAsked(admit, byHttps());
  await platform.accept(queued());
  Object.assign(platform.deployment, {
    tiers: platform.deployment.tiers.filter(({ name }) => name !== small),
  });
  platform.queues.tiers.splice(0);
  expect(await platform.deliverAdmission()).toEqual([]);
  expect((await platform.job(1))?.admission).toMatchObject({ state: 'admitted' });
  expect(platform.queues.tiers).toEqual([]);
});
