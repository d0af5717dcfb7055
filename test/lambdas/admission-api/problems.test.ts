/**
 * Every problem that each operation of the API can answer with, provoked once: the served OpenAPI document names its status,
 * and has its shape; and what the document names beyond what every call may answer can be provoked.
 */
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { controllerBounds } from '../../../lib/core/controllers/controller.ts';
import { JobId } from '../../../lib/core/ids.ts';
import { OperationalError } from '../../../lib/ports/errors.ts';
import { type GivenApi, givenApi, type Reply } from '../../support/admission-api.ts';
import { givenQuestion } from '../../support/questions.ts';

const ruled = (reject: string) => ({ transport: { kind: 'rules', rules: [{ reject, reason: 'No.' }] } });
const anyVersion = { 'if-match': '*' };
const onTier = (tier: string) => ({ kind: 'tier', tier });
const given = '/v1/installations/{installation}';

interface Operation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** A parameter of the query that is none. */
  readonly badQuery?: string;
  /** The controller's own token is needed. */
  readonly isProtocol?: true;
}

/** As they succeed, by the document's operation ids. */
const operations: Readonly<Record<string, Operation>> = {
  listControllers: { method: 'GET', path: '/controllers' },
  createController: { method: 'POST', path: '/controllers', body: { transport: { kind: 'poll' } } },
  getController: { method: 'GET', path: '/controllers/{controller}' },
  updateController: {
    method: 'PATCH',
    path: '/controllers/{controller}',
    body: { state: 'dry_run' },
    headers: anyVersion,
  },
  deleteController: { method: 'DELETE', path: '/controllers/{controller}', headers: anyVersion },
  listDecisions: { method: 'GET', path: '/decisions', badQuery: 'limit=0' },
  fetchQuestions: { method: 'GET', path: '/questions', badQuery: 'waitSeconds=21', isProtocol: true },
  answerQuestion: {
    method: 'POST',
    path: '/questions/{question}/answer',
    body: { decision: 'admit' },
    isProtocol: true,
  },
  listScopes: { method: 'GET', path: '/controllers/{controller}/scopes' },
  addScope: { method: 'POST', path: '/controllers/{controller}/scopes', body: onTier('small') },
  removeScope: { method: 'DELETE', path: '/controllers/{controller}/scopes/{scope}' },
  listSecrets: { method: 'GET', path: '/controllers/{https}/secrets' },
  rotateSecret: { method: 'POST', path: '/controllers/{https}/secrets', body: {} },
  listTokens: { method: 'GET', path: '/controllers/{controller}/tokens' },
  createToken: { method: 'POST', path: '/controllers/{controller}/tokens', body: {} },
  rotateToken: { method: 'POST', path: '/controllers/{controller}/tokens/{token}/rotate', body: {} },
  revokeToken: { method: 'DELETE', path: '/controllers/{controller}/tokens/{token}' },
  testJob: { method: 'POST', path: '/test', body: { tier: 'small', repository: { name: 'acme/app' } } },
};
const names = Object.keys(operations);
const having = (what: (operation: Operation) => unknown) => names.filter((name) => what(operations[name]!));

let world: GivenApi;
let ids: Record<string, string>;
let ownToken: string;
let document: {
  readonly paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
};

const ajv = new Ajv2020({ strict: false, validateFormats: false });

beforeAll(async () => {
  const { call: ask } = await givenApi();
  document = (await ask('GET', '/v1/openapi.json', { token: null })).body;
  ajv.addSchema(document, 'api');
});

beforeEach(async () => {
  world = await givenApi();
  const controller = await world.given();
  const https = await world.given({ transport: { kind: 'https', url: 'https://admission.example/' } });
  const path = `/controllers/${controller}`;
  const token = (await world.call('POST', `${path}/tokens`, { body: {} })).body;
  const scope = (await world.call('POST', `${path}/scopes`, { body: onTier('medium') })).body;
  const question = await world.stores.questions.ask(
    givenQuestion({ controllerId: controller, jobId: JobId(1), askedAt: world.clock.now() }),
  );
  ownToken = token.token;
  ids = { controller, https, token: token.id, scope: scope.id, question: question.id };
});

type Changes = Partial<Operation> & { readonly token?: string | null; readonly ids?: Record<string, string> };

function call(name: string, changes: Changes = {}): Promise<Reply> {
  const operation = { ...operations[name]!, ...changes };
  const { method, path, body, headers, isProtocol } = operation;
  const all = { ...ids, ...changes.ids };
  const url = path.replaceAll(/\{(\w+)\}/g, (_, id: string) => all[id]!);
  const token = changes.token === undefined ? (isProtocol ? ownToken : world.tokens.acme) : changes.token;
  return world.call(method, url, {
    token,
    ...(body === undefined ? {} : { body }),
    ...(headers && { headers }),
  });
}

/** The answer has this status, which the document names for this operation, and the shape that it says. */
function expectProblem(name: string, reply: Reply, status: number): void {
  const { method, path } = operations[name]!;
  const documented = `${given}${path.replace('{https}', '{controller}')}`;
  const { operationId, responses } = document.paths[documented]![method.toLowerCase()]!;
  expect({ operationId, status: reply.status }).toEqual({ operationId: name, status });
  expect(Object.keys(responses)).toContain(String(status));
  expect(reply.headers.get('content-type')).toBe('application/problem+json');
  expect(reply.body).toMatchObject({ status });
  const pointer = [documented, method.toLowerCase(), 'responses', String(status)].map((part) =>
    encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
  );
  const schema = `api#/paths/${pointer.join('/')}/content/application~1problem+json/schema`;
  expect(ajv.validate({ $ref: schema }, reply.body) ? [] : ajv.errors).toEqual([]);
}

const failing = () => {
  throw new OperationalError('No answer.', { code: 'TimeoutError', retryable: true });
};

describe('whatever the operation', () => {
  it('is one of the document, and the document has no other', () => {
    const documented = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(documented.toSorted()).toEqual(names.toSorted());
  });

  it.each(names)('%s without a token is a 401', async (name) => {
    expectProblem(name, await call(name, { token: null }), 401);
    expectProblem(name, await call(name, { token: world.tokens.beta }), 401);
  });

  it.each(names)('%s with a token of the other kind is a 403', async (name) => {
    const token = operations[name]!.isProtocol ? world.tokens.acme : ownToken;
    expectProblem(name, await call(name, { token }), 403);
  });

  it.each(names)('%s with a body that is too large is a 413', async (name) => {
    const headers = { ...operations[name]!.headers, 'content-length': '999999' };
    expectProblem(name, await call(name, { headers }), 413);
  });

  it.each(names)('%s too often is a 429', async (name) => {
    world.counts.count = async (_, counted) => counted.map(() => 1_000_000);
    const reply = await call(name);
    expectProblem(name, reply, 429);
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it.each(names)('%s while a table does not answer is a 503', async (name) => {
    const { beforeCall } = world.stores.world;
    world.stores.world.beforeCall = failing;
    const reply = await call(name);
    world.stores.world.beforeCall = beforeCall;
    expectProblem(name, reply, 503);
  });
});

describe('a request that is not as the document says', () => {
  it.each(having(({ body }) => body))('%s with a body of another type is a 415', async (name) => {
    const headers = { ...operations[name]!.headers, 'content-type': 'text/plain' };
    expectProblem(name, await call(name, { headers }), 415);
  });

  it.each(having(({ body }) => body))('%s with a body of another shape is a 400', async (name) => {
    for (const body of ['{', '[]', '{"more": 1}']) expectProblem(name, await call(name, { body }), 400);
  });

  it.each(having(({ badQuery }) => badQuery))('%s with another query is a 400', async (name) => {
    const { path, badQuery } = operations[name]!;
    expectProblem(name, await call(name, { path: `${path}?${badQuery}` }), 400);
  });

  it.each(having(({ path }) => path.includes('{')))('%s of what cannot be an id is a 400', async (name) => {
    const none = Object.fromEntries(Object.keys(ids).map((id) => [id, 'none']));
    expectProblem(name, await call(name, { ids: none }), 400);
  });
});

describe('a request that does not fit what is there', () => {
  const unknown = (id: string) => (/-/.test(id) ? '1-1-queue' : id.replace(/_.*/, '_abcdefgh23456723'));

  it.each(having(({ path }) => path.includes('{')))('%s of what is not there is a 404', async (name) => {
    const other = Object.fromEntries(Object.entries(ids).map(([id, value]) => [id, unknown(value)]));
    expectProblem(name, await call(name, { ids: other }), 404);
  });

  const changing = having(({ method, isProtocol }) => method !== 'GET' && !isProtocol).filter(
    (name) => name !== 'testJob',
  );
  it.each(changing)('%s while others change the same is a 409', async (name) => {
    const { controllers } = world.stores;
    controllers.save = async () => 'changed';
    controllers.changeTokens = async () => 'changed';
    controllers.saveSecrets = async () => 'changed';
    expectProblem(name, await call(name), 409);
  });

  it('one controller, token, scope, or secret too many, or twice, is a 409', async () => {
    for (let n = 2; n < controllerBounds.controllersEach; n += 1) await world.given();
    expectProblem('createController', await call('createController'), 409);
    for (let n = 1; n < controllerBounds.tokensEach; n += 1) await call('createToken');
    expectProblem('createToken', await call('createToken'), 409);
    await call('addScope');
    expectProblem('addScope', await call('addScope'), 409);
    expectProblem('listSecrets', await call('listSecrets', { ids: { https: ids['controller']! } }), 409);
    const overlap = { body: { overlapSeconds: 60 } };
    await call('rotateSecret', overlap);
    await call('rotateSecret', overlap);
    expectProblem('rotateSecret', await call('rotateSecret', overlap), 409);
    await call('rotateToken', overlap);
    expectProblem('rotateToken', await call('rotateToken', overlap), 409);
  });

  it('a second answer is a 409, a late one a 410', async () => {
    const late = givenQuestion({
      controllerId: ids['controller']!,
      jobId: JobId(2),
      askedAt: world.clock.now(),
    });
    await world.stores.questions.ask(late);
    expect((await call('answerQuestion')).status).toBe(204);
    expectProblem('answerQuestion', await call('answerQuestion'), 409);
    world.clock.advance(5_000);
    expectProblem('answerQuestion', await call('answerQuestion', { ids: { question: late.id } }), 410);
  });

  it.each(having(({ headers }) => headers))('%s of another version is a 412, of none a 428', async (name) => {
    expectProblem(name, await call(name, { headers: { 'if-match': '"99"' } }), 412);
    expectProblem(name, await call(name, { headers: { 'if-match': 'W/3' } }), 412);
    expectProblem(name, await call(name, { headers: {} }), 428);
  });

  it.each([
    ['createController', ruled('job.')],
    ['updateController', ruled('job.')],
    ['addScope', onTier('nowhere')],
    ['addScope', { kind: 'repository', repositoryId: 99 }],
    ['testJob', { tier: 'nowhere', repository: { name: 'acme/app' } }],
  ])('%s with %j is a 422', async (name, body) => {
    expectProblem(name, await call(name, { body }), 422);
  });

  it('has all of the statuses that the document names beyond what every call may answer', () => {
    const provoked: Record<string, readonly number[]> = {
      createController: [409, 422],
      updateController: [409, 412, 422, 428],
      deleteController: [409, 412, 428],
      addScope: [409, 422],
      removeScope: [409],
      listSecrets: [409],
      rotateSecret: [409],
      createToken: [409],
      rotateToken: [409],
      revokeToken: [409],
      answerQuestion: [409, 410],
      testJob: [422],
    };
    const common = [400, 401, 403, 404, 413, 415, 429, 503];
    const documented = Object.values(document.paths)
      .flatMap((methods) => Object.values(methods))
      .map(({ operationId, responses }) => {
        const statuses = Object.keys(responses).map(Number);
        return [operationId, statuses.filter((status) => status >= 400 && !common.includes(status))] as const;
      });
    expect(Object.fromEntries(documented.filter(([, statuses]) => statuses.length > 0))).toEqual(provoked);
  });
});
