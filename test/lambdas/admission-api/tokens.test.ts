/** Who may call the API: tokens, what of them is kept, how often they may call, and how they change. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { changesPerHour, requestsPerMinute } from '../../../lib/app/admission-api/rate-limit.ts';
import { checksum } from '../../../lib/core/controllers/api-token.ts';
import { beta, type GivenApi, givenApi } from '../../support/admission-api.ts';
import { acme } from '../../support/given.ts';

let world: GivenApi;
beforeEach(async () => {
  world = await givenApi();
});
const list = (token: string | null) => world.call('GET', '/controllers', { token });
const withChecksum = (body: string) => `${body}_${checksum(body)}`;
const bodyOf = (token: string) => token.slice(0, token.lastIndexOf('_'));

describe('a request', () => {
  it('without a token learns that one is needed, whatever it asks for', async () => {
    const reply = await list(null);
    expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await world.call('POST', '/controllers', { token: null, body: '{' })).status).toBe(401);
    expect((await world.call('GET', '/v1/installations/nonsense/x', { token: null })).status).toBe(401);
  });

  it('with an edited token is refused, even with a correct checksum', async () => {
    const { tokens } = world;
    const body = bodyOf(tokens.acme);
    expect((await list(withChecksum(body))).status).toBe(200);
    const edits = [
      body.replace(`.${acme}.`, `.${beta}.`),
      body.replace('.us-east-1.', '.eu-west-1.'),
      body.replace(/^mfa_/, 'mfc_'),
      body.replace(/_[0-9a-f]{48}$/, `_${'0'.repeat(48)}`),
      body.replace(/\.[a-z2-7]{16}_/, '.aaaaaaaaaaaaaaaa_'),
    ];
    expect(edits.filter((edit) => edit === body)).toEqual([]);
    const replies = await Promise.all(edits.map((edit) => list(withChecksum(edit))));
    expect(replies.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect(new Set(replies.map((reply) => JSON.stringify(reply.body))).size).toBe(1);
  });

  it('without a proven token does not read the row of the tenant that it names', async () => {
    const reads: string[] = [];
    world.stores.world.beforeCall = (call) => void reads.push(call);
    const forged = withChecksum(bodyOf(world.tokens.acme).replace(/_[0-9a-f]{48}$/, `_${'0'.repeat(48)}`));
    expect((await list(forged)).status).toBe(401);
    expect(reads).toEqual(['controllers.token']);
    await list(world.tokens.acme);
    expect(reads).toContain('tenants.get');
  });

  it('with the token of another installation is refused', async () => {
    expect((await list(world.tokens.beta)).status).toBe(401);
  });

  it('of an installation that uninstalled the App is refused', async () => {
    world.stores.world.editTenant(acme, { status: 'deleted' });
    expect((await list(world.tokens.acme)).status).toBe(401);
  });

  it('writes the use of its token down once a minute', async () => {
    const { stores, clock, tokens } = world;
    const used = () => stores.world.rows.controllers.get(acme)?.tokens[0]?.lastUsedAt;
    await list(tokens.acme);
    const first = used();
    clock.advance(59_000);
    await list(tokens.acme);
    expect(used()).toBe(first);
    clock.advance(1_000);
    await list(tokens.acme);
    expect(Date.parse(used()!) - Date.parse(first!)).toBe(60_000);
  });

  it('beyond the bound of its token waits for the next minute, and delays no other tenant', async () => {
    const { clock, counts, tokens } = world;
    for (let n = 0; n < requestsPerMinute.administrator.token; n += 1)
      expect((await list(tokens.acme)).status).toBe(200);
    const refused = await list(tokens.acme);
    expect(refused.status).toBe(429);
    const waits = Number(refused.headers.get('retry-after'));
    const before = counts.calls();
    expect((await list(tokens.acme)).status).toBe(429);
    expect(counts.calls()).toBe(before);
    const other = await world.call('GET', `/v1/installations/${beta}/controllers`, { token: tokens.beta });
    expect(other.status).toBe(200);
    clock.advance(waits * 1000);
    expect((await list(tokens.acme)).status).toBe(200);
  });

  it('for one change too many in an hour waits for the next, while reads and tests go on', async () => {
    const { clock } = world;
    const change = () =>
      world.call('DELETE', '/controllers/ctl_aaaaaaaaaaaaaaaa/tokens/tok_aaaaaaaaaaaaaaaa');
    for (let n = 1; n <= changesPerHour; n += 1) {
      expect((await change()).status).toBe(404);
      if (n % 100 === 0) clock.advance(60_000);
    }
    const refused = await change();
    expect([refused.status, refused.body.code]).toEqual([429, 'too-many-requests']);
    const waits = Number(refused.headers.get('retry-after'));
    expect(waits).toBeGreaterThan(3_000);
    expect((await list(world.tokens.acme)).status).toBe(200);
    expect((await world.call('POST', '/test', { body: {} })).status).toBe(400);
    clock.advance(waits * 1000 - 1);
    expect((await change()).status).toBe(429);
    clock.advance(1);
    expect((await change()).status).toBe(404);
  });

  it('with a body that is too large is refused before it is read', async () => {
    const reply = await world.call('POST', '/controllers', {
      body: { transport: { kind: 'poll' } },
      headers: { 'content-length': '1000000' },
    });
    expect(reply.status).toBe(413);
  });

  it('with a body that is not JSON by its type, or with none, is a 415', async () => {
    const id = await world.given({ transport: { kind: 'https', url: 'https://admit.example.com/' } });
    const send = (headers: Record<string, string>, body?: string) =>
      world.call('POST', `/controllers/${id}/secrets`, { headers, ...(body === undefined ? {} : { body }) });
    expect((await send({ 'content-type': 'text/plain' }, '{"overlapSeconds": 0}')).status).toBe(415);
    expect((await send({})).status).toBe(415);
    expect((await send({ 'content-type': 'application/json' })).status).toBe(400);
    expect((await send({ 'content-type': 'application/json; charset=utf-8' }, '{}')).status).toBe(201);
  });

  it('to a path or with a method that there is not is a 404 or a 405', async () => {
    expect((await world.call('GET', '/nothing')).status).toBe(404);
    const reply = await world.call('PUT', '/controllers');
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET, POST']);
    expect((await world.call('POST', '/decisions')).status).toBe(405);
  });

  it('gets a 503 while a service does not answer, and an answer after that', async () => {
    const { OperationalError } = await import('../../../lib/ports/errors.ts');
    const failure = new OperationalError('No answer.', { code: 'TimeoutError', retryable: true });
    world.stores.world.failNext('controllers.policyOf', failure);
    const reply = await list(world.tokens.acme);
    expect([reply.status, reply.body.code]).toEqual([503, 'unavailable']);
    expect((await list(world.tokens.acme)).status).toBe(200);
  });
});

describe('the tokens of a controller', () => {
  const create = async (id: string, body: unknown = {}) =>
    world.call('POST', `/controllers/${id}/tokens`, { body });

  it('are shown once, listed without themselves, and do not manage controllers', async () => {
    const id = await world.given();
    const made = await create(id, { description: 'in the cluster' });
    expect(made).toMatchObject({ status: 201, body: { description: 'in the cluster' } });
    const { token, ...known } = made.body;
    expect((await world.call('GET', `/controllers/${id}/tokens`)).body.tokens).toEqual([known]);
    expect(JSON.stringify([...world.stores.world.rows.controllers])).not.toContain(token);
    expect((await list(token)).status).toBe(403);
  });

  it('are five at most, also when many are made at once', async () => {
    const id = await world.given();
    const made = await Promise.all(Array.from({ length: 9 }, () => create(id)));
    const tokens = (await world.call('GET', `/controllers/${id}/tokens`)).body.tokens;
    expect(tokens.length).toBeLessThanOrEqual(5);
    expect(made.filter(({ status }) => status === 201)).toHaveLength(tokens.length);
  });

  it('both work while one is rotated, and then the new one', async () => {
    const id = await world.given();
    const old = (await create(id)).body;
    const path = `/controllers/${id}/tokens/${old.id}`;
    const made = await world.call('POST', `${path}/rotate`, { body: { overlapSeconds: 60 } });
    expect(made.status).toBe(201);
    const statuses = async () => [(await list(old.token)).status, (await list(made.body.token)).status];
    // 403: a valid token of a controller; 401: none.
    expect(await statuses()).toEqual([403, 403]);
    expect((await world.call('POST', `${path}/rotate`, { body: {} })).status).toBe(409);
    world.clock.advance(60_000);
    expect(await statuses()).toEqual([401, 403]);
    expect((await world.call('POST', `${path}/rotate`, { body: {} })).status).toBe(404);
  });

  it('end when they are revoked, and with their controller', async () => {
    const id = await world.given();
    const [first, second] = [(await create(id)).body, (await create(id)).body];
    expect((await world.call('DELETE', `/controllers/${id}/tokens/${first.id}`)).status).toBe(204);
    expect((await world.call('DELETE', `/controllers/${id}/tokens/${first.id}`)).status).toBe(404);
    expect([(await list(first.token)).status, (await list(second.token)).status]).toEqual([401, 403]);
    await world.call('DELETE', `/controllers/${id}`, { headers: { 'if-match': '*' } });
    expect((await list(second.token)).status).toBe(401);
  });

  it('are refused with an overlap of more than a day', async () => {
    const id = await world.given();
    const { body } = await create(id);
    const path = `/controllers/${id}/tokens/${body.id}/rotate`;
    expect((await world.call('POST', path, { body: { overlapSeconds: 86_401 } })).status).toBe(400);
  });
});

describe('the secrets of an https controller', () => {
  it('are two while they are rotated, shown once each', async () => {
    const id = await world.given({ transport: { kind: 'https', url: 'https://admit.example.com/' } });
    const path = `/controllers/${id}/secrets`;
    const [first, second] = [
      await world.call('POST', path, { body: {} }),
      await world.call('POST', path, { body: { overlapSeconds: 60 } }),
    ];
    expect(first.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await world.call('POST', path, { body: { overlapSeconds: 60 } })).status).toBe(409);
    const ids = async () =>
      (await world.call('GET', path)).body.secrets.map((secret: { id: string }) => secret.id);
    expect(await ids()).toEqual([first.body.id, second.body.id]);
    world.clock.advance(60_000);
    expect(await ids()).toEqual([second.body.id]);
  });

  it('are no other transport’s', async () => {
    const id = await world.given();
    expect((await world.call('POST', `/controllers/${id}/secrets`, { body: {} })).status).toBe(409);
  });
});
