/** A controller that polls, by the API: it fetches what it is asked, answers, and its job goes on. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { requestsPerMinute } from '../../../lib/app/admission-api/rate-limit.ts';
import { JobId } from '../../../lib/core/ids.ts';
import { OperationalError } from '../../../lib/ports/errors.ts';
import { beta, type GivenApi, givenApi } from '../../support/admission-api.ts';
import { acme, givenEvent } from '../../support/given.ts';
import { nonEmpty } from '../../support/non-empty.ts';

let world: GivenApi;
let token: string;
let controller: string;
beforeEach(async () => {
  world = await givenApi();
  controller = await givenPolling();
  token = await tokenOf(controller);
});
async function givenPolling(over: Record<string, unknown> = {}) {
  const id = await world.given({ state: 'enabled', ...over });
  await world.call('POST', `/controllers/${id}/scopes`, { body: { kind: 'installation' } });
  return id;
}
const tokenOf = async (id: string) =>
  (await world.call('POST', `/controllers/${id}/tokens`, { body: {} })).body.token as string;
const fetchAs = (as: string, waitSeconds = 0) =>
  world.call('GET', `/questions?waitSeconds=${waitSeconds}`, { token: as });
const answer = (id: string, body: unknown = { decision: 'admit' }, as = token) =>
  world.call('POST', `/questions/${id}/answer`, { token: as, body });
async function ask(n = 1) {
  const event = givenEvent({ jobId: JobId(n), repositoryId: 7, delivery: `d-${n}` });
  await world.platform.accept(event);
  await world.platform.deliverAdmission();
}
async function asked(n = 1): Promise<string> {
  await ask(n);
  return (await fetchAs(token)).body.questions.at(-1).id;
}
const goOn = async () => {
  await world.platform.deliverAdmission();
  await world.platform.deliverPokes();
};
const job = (n = 1) => world.platform.job(n);

describe('a controller that polls', () => {
  it('shows the same facts of the job as a callback, and until when it may be answered', async () => {
    await ask();
    const { status, body } = await fetchAs(token);
    expect(status).toBe(200);
    expect(body.questions).toMatchObject([
      {
        gate: 'queue',
        controller,
        timestamp: new Date(world.clock.now()).toISOString(),
        endsAt: new Date(world.clock.now() + 5_000).toISOString(),
        facts: { account: { login: 'acme' }, job: { id: 1, tier: 'small' } },
      },
    ]);
  });

  it('says how long a call may wait, and shows no pattern', async () => {
    const { status, body } = await fetchAs(token, 99);
    expect([status, body.field, body.detail]).toEqual([
      ...[400, 'waitSeconds', 'waitSeconds is "99"; it must be a whole number from 0 to 20.'],
    ]);
  });

  it('admits a job, which goes on at once', async () => {
    const id = await asked();
    expect(await job()).toMatchObject({ state: 'waiting', reason: { code: 'admission-pending' } });
    world.platform.queues.admission.splice(0);
    expect((await answer(id)).status).toBe(204);
    expect(world.platform.queues.admission).toEqual([{ kind: 'admission', installationId: acme, jobId: 1 }]);
    await goOn();
    expect(await job()).toMatchObject({ state: 'covered', admission: { state: 'admitted' } });
  });

  it('rejects a job with its reason, cut to what a row takes', async () => {
    const id = await asked();
    await answer(id, { decision: 'reject', reason: `Not today.${'x'.repeat(1_000)}` });
    await goOn();
    const text = (await job())?.reason?.text ?? '';
    expect(text).toContain('Not today.');
    expect(text.length).toBeLessThan(700);
  });

  it('is shown a question until it is answered', async () => {
    const id = await asked();
    expect((await fetchAs(token)).body.questions).toMatchObject([{ id }]);
    await answer(id);
    expect((await fetchAs(token)).body.questions).toEqual([]);
  });

  it('is shown ten questions at most, the oldest first', async () => {
    for (let n = 1; n <= 12; n += 1) {
      await ask(n);
      world.platform.clock.advance(1);
    }
    const jobs = (await fetchAs(token)).body.questions.map(
      ({ facts }: { facts: { job: { id: number } } }) => facts.job.id,
    );
    expect(jobs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('is connected from its first call on, for an hour', async () => {
    const connected = async () => (await world.call('GET', `/controllers/${controller}`)).body.connected;
    expect(await connected()).toBe(false);
    for (const _ of [1, 2]) await fetchAs(token);
    expect(await connected()).toBe(true);
    expect(world.platform.telemetry.total('ControllersConnected')).toBe(1);
    world.clock.advance(3_600_000);
    expect(await connected()).toBe(false);
  });
});

describe('an answer', () => {
  it('is the first one: a second is a 409, and changes nothing', async () => {
    const id = await asked();
    const all = await Promise.all([answer(id, { decision: 'reject' }), answer(id), answer(id)]);
    expect(all.map(({ status }) => status)).toEqual([204, 409, 409]);
    await goOn();
    expect(await job()).toMatchObject({ reason: { code: 'controller-rejected' } });
  });

  it('is a 410 when the question’s time is over, and the failure policy holds', async () => {
    const id = await asked();
    world.clock.advance(5_000);
    expect(await answer(id)).toMatchObject({ status: 410, body: { code: 'too-late' } });
    await goOn();
    expect(await job()).toMatchObject({ reason: { code: 'controller-unavailable' } });
  });

  it('to what another controller or installation is asked is a 404 or a 401', async () => {
    const id = await asked();
    const other = await tokenOf(await givenPolling());
    expect((await answer(id, undefined, other)).status).toBe(404);
    const made = await world.call('POST', `/v1/installations/${beta}/controllers`, {
      token: world.tokens.beta,
      body: { transport: { kind: 'poll' } },
    });
    const path = `/v1/installations/${beta}/controllers/${made.body.id}/tokens`;
    const foreign = await world.call('POST', path, { token: world.tokens.beta, body: {} });
    expect((await answer(id, undefined, foreign.body.token)).status).toBe(401);
    expect((await fetchAs(foreign.body.token)).status).toBe(401);
    expect((await answer(id)).status).toBe(204);
  });

  it('of another shape, or to a question that was never asked, is refused and takes nothing', async () => {
    const id = await asked();
    const bodies = [
      {},
      { decision: 'yes' },
      { decision: 'admit', more: 1 },
      { decision: 'admit', reason: 1 },
    ];
    for (const body of nonEmpty(bodies)) expect((await answer(id, body)).status).toBe(400);
    expect((await answer('nonsense')).status).toBe(400);
    expect((await answer('1-1-queue')).status).toBe(404);
    expect((await answer(id)).status).toBe(204);
  });

  it('counts also if nobody can be told of it', async () => {
    const id = await asked();
    world.platform.queues.failNext(1);
    expect((await answer(id)).status).toBe(204);
    world.clock.advance(6_000);
    await goOn();
    expect(await job()).toMatchObject({ state: 'covered' });
  });
});

describe('a token', () => {
  it('of an administrator answers no questions', async () => {
    const id = await asked();
    expect(await answer(id, undefined, world.tokens.acme)).toMatchObject({
      status: 403,
      body: { code: 'not-a-controller' },
    });
    expect((await fetchAs(world.tokens.acme)).status).toBe(403);
  });

  it('that was revoked fetches nothing', async () => {
    await asked();
    const [{ id }] = (await world.call('GET', `/controllers/${controller}/tokens`)).body.tokens;
    await world.call('DELETE', `/controllers/${controller}/tokens/${id}`);
    expect((await fetchAs(token)).status).toBe(401);
  });

  it('of a busy controller leaves the administrators their requests', async () => {
    const most = requestsPerMinute.controller.token;
    for (let n = 0; n < most; n += 1) await fetchAs(token);
    expect((await fetchAs(token)).status).toBe(429);
    expect((await world.call('GET', '/controllers')).status).toBe(200);
  });
});

describe('a request that waits', () => {
  it('is answered when a question comes', async () => {
    const began = world.clock.now();
    world.waiting.meanwhile = async () => {
      if (world.clock.now() - began >= 3_000) await ask();
    };
    const { body, headers } = await fetchAs(token, 20);
    expect(body.questions).toMatchObject([{ gate: 'queue' }]);
    expect(headers.get('retry-after')).toBeNull();
    expect(world.clock.now() - began).toBe(3_000);
  });

  it('is answered with none after its time, 20 seconds at most', async () => {
    const began = world.clock.now();
    expect((await world.call('GET', '/questions', { token })).body).toEqual({ questions: [] });
    expect(world.clock.now() - began).toBe(20_000);
    expect((await fetchAs(token, 21)).status).toBe(400);
  });

  it('takes one of its installation’s two places, and gives it back', async () => {
    const places = () => world.deps.longPolls;
    const taken = [await places().take(acme, 20_000), await places().take(acme, 20_000)];
    const refused = await fetchAs(token, 20);
    expect([refused.status, refused.body, refused.headers.get('retry-after')]).toEqual([
      200,
      { questions: [] },
      '1',
    ]);
    expect(await places().take(beta, 20_000)).toBeDefined();
    await taken[0]?.giveBack();
    const began = world.clock.now();
    await fetchAs(token, 1);
    await fetchAs(token, 1);
    expect(world.clock.now() - began).toBe(2_000);
  });

  it('holds its place no longer than it may wait, if its process dies', async () => {
    await world.deps.longPolls.take(acme, 20_000);
    await world.deps.longPolls.take(acme, 20_000);
    expect(await world.deps.longPolls.take(acme, 20_000)).toBeUndefined();
    world.clock.advance(25_000);
    expect(await world.deps.longPolls.take(acme, 20_000)).toBeDefined();
  });

  it('gives its place back when a look fails', async () => {
    const failure = new OperationalError('No answer.', { code: 'TimeoutError', retryable: true });
    for (let n = 0; n < 3; n += 1) {
      world.waiting.meanwhile = async () => world.stores.world.failNext('questions.pendingOf', failure);
      expect((await fetchAs(token, 20)).status).toBe(503);
      world.waiting.meanwhile = async () => {};
    }
    const began = world.clock.now();
    await fetchAs(token, 1);
    expect(world.clock.now() - began).toBe(1_000);
  });
});
