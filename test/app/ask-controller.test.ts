/** One controller and one question: with which secrets it is called, how long its answer counts as having taken, and when it is called again. */
import { describe, expect, it } from '@jest/globals';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import type { SigningSecret } from '../../lib/core/controllers/secret.ts';
import { JobId } from '../../lib/core/ids.ts';
import { givenController, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const second = 1000;
const url = 'https://controller.example.com/';
const message = { kind: 'admission', installationId: acme, jobId: JobId(1) } as const;
const createdAt = '2026-11-21T12:00:00.000Z';
const secret = (n: number, over: Partial<SigningSecret> = {}): SigningSecret => ({
  ...{ id: `sec_${n}`, value: `whsec_${n}`, createdAt },
  ...over,
});

/** Job 1 waits for this controller; nobody has asked it yet. */
async function givenPending(over: Partial<Controller>, secrets: readonly SigningSecret[] = [secret(1)]) {
  const platform = await givenPlatform();
  const scopes = [givenScope({ kind: 'installation' })];
  await putControllers(platform.controllers, givenController({ state: 'enabled', scopes, ...over }));
  await platform.controllers.saveSecrets(acme, 'ctl_1', { from: [], put: secrets });
  platform.callbacks.controllers.set(url, () => {
    platform.clock.advance(250);
    return { kind: 'answered', vote: 'admit' };
  });
  await platform.accept(givenEvent({ repositoryId: 7 }));
  return platform;
}
const byHttps = { transport: { kind: 'https', url } } as const;
const byPoll = { transport: { kind: 'poll' } } as const;

const measured = ({ telemetry }: Platform) =>
  telemetry.counts.filter(({ metric }) => metric === 'AdmissionAnswerMilliseconds');
const votes = async ({ controllers }: Platform) =>
  (await controllers.decisionsOfJob(acme, JobId(1))).flatMap((decision) => decision.votes);

describe('a controller behind a URL', () => {
  it('is called with all signing secrets that are valid now', async () => {
    const ended = secret(1, { endsAt: noon });
    const ending = secret(2, { endsAt: noon + 1 });
    const platform = await givenPending(byHttps, [ended, ending, secret(3)]);
    await platform.deliverAdmission();
    expect(platform.callbacks.asked).toMatchObject([{ secrets: ['whsec_2', 'whsec_3'] }]);
  });

  it('fails, and is not called without a signature, while it has no valid secret', async () => {
    const platform = await givenPending(byHttps, [secret(1, { endsAt: noon })]);
    await platform.deliverAdmission();
    expect(platform.callbacks.asked).toEqual([]);
    expect(await votes(platform)).toMatchObject([{ vote: 'failed', reason: 'it has no signing secret' }]);
  });

  it('has its response time measured from the call', async () => {
    const platform = await givenPending(byHttps);
    platform.clock.advance(second);
    await platform.deliverAdmission();
    expect(measured(platform)).toMatchObject([{ dimensions: { kind: 'https' }, values: [250] }]);
    expect(await votes(platform)).toMatchObject([{ vote: 'admit', milliseconds: 250 }]);
  });

  it('is called again after its time if the decision about its failure was not stored', async () => {
    const platform = await givenPending(byHttps);
    const { controllers } = platform.callbacks;
    const admits = controllers.get(url)!;
    controllers.set(url, () => ({ kind: 'failed', why: 'it answered 500' }));
    platform.stores.world.failNext('jobs.setAdmissions', new Error('died'));
    expect(await platform.deliverAdmission()).toHaveLength(1);
    controllers.set(url, admits);
    platform.clock.advance(6 * second);
    platform.queues.admission.push(message);
    await platform.deliverAdmission();
    expect(platform.callbacks.asked).toHaveLength(2);
    expect(await platform.job(1)).toMatchObject({ admission: { state: 'admitted' } });
  });
});

describe('a controller that polls', () => {
  it('has its response time measured from the question, once it answers', async () => {
    const platform = await givenPending(byPoll);
    await platform.deliverAdmission();
    expect(measured(platform)).toEqual([]);
    platform.clock.advance(second);
    const [question] = platform.stores.world.rows.questions.values();
    await platform.questions.answer(question!, { vote: 'admit' }, platform.clock.now());
    await platform.deliverAdmission();
    expect(measured(platform)).toMatchObject([{ dimensions: { kind: 'poll' }, values: [second] }]);
    expect(await votes(platform)).toMatchObject([{ vote: 'admit', milliseconds: second }]);
  });
});
