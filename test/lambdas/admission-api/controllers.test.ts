/** The API's controllers and scopes: what each call answers, and what of it is stored and recorded. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { beta, type GivenApi, givenApi } from '../../support/admission-api.ts';
import { acme } from '../../support/given.ts';

let world: GivenApi;
beforeEach(async () => {
  world = await givenApi();
});
const rules = { kind: 'rules', rules: [{ reject: 'run.fork', reason: 'Forks run elsewhere.' }] };

describe('a controller', () => {
  it('is created disabled, is read, changed with If-Match, and deleted', async () => {
    const { call } = world;
    const made = await call('POST', '/controllers', { body: { transport: rules, description: 'Forks' } });
    expect(made).toMatchObject({
      status: 201,
      body: { installationId: acme, state: 'disabled', description: 'Forks', transport: rules, version: 1 },
    });
    const path = `/controllers/${made.body.id}`;
    expect(made.headers.get('location')).toBe(`/v1/installations/${acme}${path}`);
    const read = await call('GET', path);
    expect([read.status, read.headers.get('etag'), read.body]).toEqual([200, '"1"', made.body]);
    const changed = await call('PATCH', path, { body: { state: 'enabled' }, headers: { 'if-match': '"1"' } });
    expect(changed).toMatchObject({ status: 200, body: { state: 'enabled', version: 2 } });
    expect(changed.headers.get('etag')).toBe('"2"');
    expect((await call('GET', '/controllers')).body.controllers).toEqual([changed.body]);
    expect((await call('DELETE', path, { headers: { 'if-match': '*' } })).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
  });

  it('is changed only with the version that was read last, and never without one', async () => {
    const { call, given } = world;
    const path = `/controllers/${await given()}`;
    const patch = (headers: Record<string, string>) =>
      call('PATCH', path, { body: { description: 'x' }, headers });
    expect((await patch({})).status).toBe(428);
    expect((await patch({ 'if-match': '"7"' })).status).toBe(412);
    expect((await patch({ 'if-match': 'W/"1"' })).status).toBe(412);
    const both = await Promise.all([patch({ 'if-match': '"1"' }), patch({ 'if-match': '"1"' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await call('DELETE', path)).status).toBe(428);
  });

  it('is another tenant’s secret: 404, and its list is empty', async () => {
    const { call, given, tokens } = world;
    const id = await given();
    const elsewhere = { token: tokens.beta };
    expect((await call('GET', `/v1/installations/${beta}/controllers/${id}`, elsewhere)).status).toBe(404);
    expect((await call('GET', `/v1/installations/${beta}/controllers`, elsewhere)).body).toEqual({
      controllers: [],
    });
    const change = { ...elsewhere, body: {}, headers: { 'if-match': '*' } };
    expect((await call('PATCH', `/v1/installations/${beta}/controllers/${id}`, change)).status).toBe(404);
  });

  it.each([
    [{ transport: { kind: 'smoke' } }, 400],
    [{}, 400],
    [{ transport: { kind: 'poll' }, colour: 'red' }, 400],
    [{ transport: { kind: 'poll' }, timeoutMilliseconds: 499 }, 400],
    ['{"transport":', 400],
    [{ transport: { kind: 'https', url: 'http://example.com/' } }, 422],
    [{ transport: { kind: 'rules', rules: [{ reject: '(((', reason: 'No.' }] } }, 422],
  ])('is refused as %j with %i', async (body, status) => {
    const reply = await world.call('POST', '/controllers', { body });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(reply.body).toMatchObject({ type: 'about:blank', status });
    expect((await world.call('GET', '/controllers')).body.controllers).toEqual([]);
  });

  it('is the twenty-first: 409', async () => {
    const { call, given } = world;
    for (let n = 0; n < 20; n += 1) await given();
    const reply = await call('POST', '/controllers', { body: { transport: { kind: 'poll' } } });
    expect(reply).toMatchObject({ status: 409, body: { code: 'too-many-controllers' } });
  });

  it('can be disabled while GitHub is down, so that a tenant that locked itself out gets out', async () => {
    const { call, given, github } = world;
    const id = await given({ state: 'enabled' });
    await call('POST', `/controllers/${id}/scopes`, { body: { kind: 'installation' } });
    github.deleteInstallation(acme);
    const off = { body: { state: 'disabled' }, headers: { 'if-match': '*' } };
    expect((await call('PATCH', `/controllers/${id}`, off)).status).toBe(200);
    expect(world.stores.world.tenant(acme)?.admissionEpoch).toBeUndefined();
  });
});

const add = (id: string, body: unknown) => world.call('POST', `/controllers/${id}/scopes`, { body });

describe('a scope', () => {
  it('is added once, and makes an enabled controller count', async () => {
    const id = await world.given({ state: 'enabled' });
    expect(world.stores.world.tenant(acme)?.admissionEpoch).toBeUndefined();
    const made = await add(id, { kind: 'tier', tier: 'small' });
    expect(made).toMatchObject({ status: 201, body: { target: { kind: 'tier', tier: 'small' } } });
    expect(world.stores.world.tenant(acme)?.admissionEpoch).toBe(2);
    expect(await add(id, { kind: 'tier', tier: 'small' })).toMatchObject({ status: 409 });
    const path = `/controllers/${id}/scopes`;
    expect((await world.call('GET', path)).body.scopes).toEqual([made.body]);
    expect((await world.call('DELETE', `${path}/${made.body.id}`)).status).toBe(204);
    expect((await world.call('DELETE', `${path}/${made.body.id}`)).status).toBe(404);
    expect(world.stores.world.tenant(acme)?.admissionEpoch).toBeUndefined();
  });

  it('of the whole installation excludes narrower ones: 409', async () => {
    const id = await world.given();
    expect((await add(id, { kind: 'installation' })).status).toBe(201);
    expect(await add(id, { kind: 'tier', tier: 'small' })).toMatchObject({
      status: 409,
      body: { code: 'installation-excludes-narrower' },
    });
  });

  it('is the installation’s own, as GitHub says: what is not is a 422', async () => {
    const { github } = world;
    const id = await world.given();
    const own = github.repositoryId('acme/app');
    expect((await add(id, { kind: 'repository', repositoryId: own })).status).toBe(201);
    const foreign = github.repositoryId('beta/app');
    for (const target of [
      { kind: 'repository', repositoryId: foreign },
      { kind: 'repository-tier', repositoryId: 999_999, tier: 'small' },
      { kind: 'tier', tier: 'huge' },
      { kind: 'group', group: 'nobody knows it' },
    ]) {
      expect(await add(id, target)).toMatchObject({ status: 422, body: { code: 'foreign-target' } });
    }
  });
});

describe('a scope of a public repository', () => {
  /** GitHub shows it also to installations that do not have it: https://docs.github.com/en/rest/repos/repos#get-a-repository */
  const shownTo = (id: number) => {
    const { github } = world;
    const { getRepository } = github;
    github.getRepository = async (installationId, repositoryId) => {
      const own = await getRepository(installationId, github.repositoryId('acme/app'));
      return own.ok && repositoryId === id
        ? { ...own, value: { ...own.value, id, fullName: 'acme/site', visibility: 'public' } }
        : getRepository(installationId, repositoryId);
    };
  };

  it('is a 422 if the account has it, and the installation was not given it', async () => {
    const outside = world.github.repositoryId('acme/site');
    shownTo(outside);
    const id = await world.given();
    const answer = await add(id, { kind: 'repository', repositoryId: outside });
    expect(answer).toMatchObject({ status: 422, body: { code: 'foreign-target' } });
  });

  it('is added if the installation has it', async () => {
    const own = world.github.repositoryId('acme/app');
    shownTo(own);
    const id = await world.given();
    expect((await add(id, { kind: 'repository', repositoryId: own })).status).toBe(201);
  });
});

describe('the audit', () => {
  it('has a row for each change, with who and what, and none for what was refused', async () => {
    const { call, stores } = world;
    const id = await world.given({ description: 'Forks' });
    await call('PATCH', `/controllers/${id}`, { body: { state: 'dry_run' }, headers: { 'if-match': '"1"' } });
    await call('PATCH', `/controllers/${id}`, { body: { state: 'enabled' }, headers: { 'if-match': '"1"' } });
    await call('POST', `/controllers/${id}/scopes`, { body: { kind: 'installation' } });
    await call('DELETE', `/controllers/${id}`, { headers: { 'if-match': '*' } });
    const records = stores.world.rows.controllerRecords.filter(({ record }) => record.who !== 'operator');
    expect(records.map(({ owner, record }) => [owner, record.action])).toEqual([
      [acme, 'controller-created'],
      [acme, 'controller-state-changed'],
      [acme, 'controller-scope-added'],
      [acme, 'controller-deleted'],
    ]);
    expect(records[1]?.record).toMatchObject({
      login: 'acme',
      who: expect.stringMatching(/^token tok_[a-z2-7]{16}$/),
      before: { [`${id} state`]: 'disabled' },
      after: { [`${id} state`]: 'dry_run' },
    });
  });
});
