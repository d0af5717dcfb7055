/** Requests of a wrong shape: each answer says what was given and what is allowed, of every fault at once. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type GivenApi, givenApi } from '../../support/admission-api.ts';

const poll = { kind: 'poll' };

describe('a body of a wrong shape', () => {
  let world: GivenApi;
  beforeAll(async () => {
    world = await givenApi();
  });
  const refused = async (path: string, body: unknown) => {
    const reply = await world.call('POST', path, { body });
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid-shape' } });
    return reply.body as { detail: string; field?: string };
  };

  it.each([
    [{}, 'transport', 'transport is missing; it must be an object.'],
    [[], undefined, 'The body is []; it must be an object.'],
    [
      { transport: {} },
      'transport.kind',
      'transport.kind is missing; it must be "rules" or "https" or "poll".',
    ],
    [{ transport: { kind: 'cel' } }, 'transport.kind', 'transport.kind is "cel"; it must be "rules" or'],
    [{ transport: { kind: 'rules' } }, 'transport.rules', 'transport.rules is missing; it must be a list.'],
    [
      { transport: { kind: 'rules', rules: [] } },
      'transport.rules',
      'transport.rules is []; it must be a list of at least 1 entry.',
    ],
    [
      { transport: { kind: 'https', url: '' } },
      'transport.url',
      'is ""; it must be a text of at least 1 character.',
    ],
    [
      { transport: poll, state: 'on' },
      'state',
      'state is "on"; it must be "disabled" or "enabled" or "dry_run".',
    ],
    [{ transport: poll, timeoutMilliseconds: '5s' }, 'timeoutMilliseconds', 'is "5s"; it must be a number.'],
    [
      { transport: poll, timeoutMilliseconds: 600.5 },
      'timeoutMilliseconds',
      'is 600.5; it must be a whole number.',
    ],
    [{ transport: poll, timeoutMilliseconds: 1 }, 'timeoutMilliseconds', 'is 1; it must be at least 500.'],
    [
      { transport: poll, timeoutMilliseconds: 20_000 },
      'timeoutMilliseconds',
      'is 20000; it must be at most 10000.',
    ],
    [
      { transport: poll, exemptRepositories: ['app'] },
      'exemptRepositories.0',
      'is "app"; it must be a number.',
    ],
    [
      { transport: poll, description: '\ud800' },
      'description',
      'description: It has half of a surrogate pair',
    ],
    [
      { transport: poll, scopes: [] },
      undefined,
      'The body has no field "scopes"; /v1/openapi.json has those',
    ],
    [{ transport: { ...poll, url: 'x' } }, 'transport', 'transport has no field "url"; /v1/openapi.json'],
  ])('%j of a controller', async (body, field, words) => {
    const fault = await refused('/controllers', body);
    expect(fault.detail).toContain(words);
    expect(fault.field).toBe(field);
  });

  it.each([
    [{ target: { kind: 'tier', tier: 'small' } }, 'kind is missing; it must be "installation" or "tier" or'],
    [{ kind: 'tier' }, 'tier is missing; it must be a text.'],
    [{ kind: 'repository', repositoryId: 'app' }, 'repositoryId is "app"; it must be a number.'],
  ])('%j of a scope', async (body, words) => {
    expect((await refused(`/controllers/${await world.given()}/scopes`, body)).detail).toContain(words);
  });

  it('has all of its faults named at once, and of many the first ten', async () => {
    const three = { transport: poll, state: 'on', onFailure: 'x', timeoutMilliseconds: 1 };
    const { detail } = await refused('/controllers', three);
    expect(detail.match(/it must be/g)).toHaveLength(3);
    const rules = Array.from({ length: 20 }, () => ({ reject: 1, reason: 2 }));
    const many = await refused('/controllers', { transport: { kind: 'rules', rules } });
    expect(many.detail).toMatch(/transport\.rules\.4\.reason is 2; it must be a text\. 30 more\.$/);
  });

  it.each([
    [1e300, 'is 1e+300; it must be at most 9007199254740991.'],
    [-1e300, 'is -1e+300; it must be at least 1.'],
  ])('has a number that is far beyond its bounds named once: %d', async (id, words) => {
    const { detail } = await refused('/controllers', { transport: poll, exemptRepositories: [id, id] });
    expect(detail).toBe(`exemptRepositories.0 ${words} exemptRepositories.1 ${words}`);
  });

  it('has ten of its unknown fields named, shortened', async () => {
    const unknown = Array.from({ length: 5_000 }, (_, n) => [`field-${n}-${'x'.repeat(20 * (n % 2))}`, n]);
    const { detail } = await refused('/controllers', { transport: poll, ...Object.fromEntries(unknown) });
    expect(detail).toMatch(
      /^The body has no field "field-0-", .*, "field-9-x*" and 4990 more; \/v1\/openapi/,
    );
    expect(detail.length).toBeLessThan(1_000);
    const ten = await refused('/controllers', {
      transport: poll,
      ...Object.fromEntries(unknown.slice(0, 10)),
    });
    expect(ten.detail).toMatch(/, "field-9-x*"; \/v1/);
  });

  it('is shown shortened', async () => {
    const { detail } = await refused('/controllers', { transport: poll, state: 'x'.repeat(10_000) });
    expect(detail.length).toBeLessThan(200);
  });
});

describe('a parameter of a wrong shape', () => {
  it.each([
    [
      'GET',
      '/controllers/ctl_x',
      'controller is "ctl_x"; it must be ctl_ and 16 lower-case letters or digits.',
    ],
    ['GET', '/decisions?limit=0', 'limit is "0"; it must be a whole number from 1 to 100.'],
    ['GET', '/decisions?since=monday', 'since is "monday"; it must be a time such as 2026-11-21T12:00:00Z.'],
    ['GET', '/decisions?job=x', 'job is "x"; it must be GitHub\'s id of a job, a whole number.'],
    [
      'GET',
      '/decisions?sinc=x',
      'The query has no field "sinc"; /v1/openapi.json has those that it may have.',
    ],
    [
      'GET',
      '/decisions?after=zzz',
      'after is "zzz"; it must be `next` of the page before, unchanged; leave it out for the first page.',
    ],
    ['GET', '/decisions?after=', expect.stringContaining('it must be `next` of the page before')],
  ] as const)('%s %s', async (method, path, detail) => {
    const { call } = await givenApi();
    expect(await call(method, path)).toMatchObject({ status: 400, body: { detail } });
  });

  it('is an If-Match without its quotes', async () => {
    const { call, given } = await givenApi();
    const headers = { 'if-match': '1' };
    const reply = await call('PATCH', `/controllers/${await given()}`, { body: {}, headers });
    const text =
      'If-Match is 1; it must be the ETag from reading the controller, in its quotes: "3". Or * for any version.';
    expect(reply).toMatchObject({ status: 412, body: { detail: text } });
  });
});
