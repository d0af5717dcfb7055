/** The OpenAPI document that the API serves, against the routes that it has and what it really answers. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type GivenApi, givenApi } from '../../support/admission-api.ts';
import { nonEmpty } from '../../support/non-empty.ts';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

let world: GivenApi;
let paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
beforeAll(async () => {
  world = await givenApi();
  paths = (await world.call('GET', '/v1/openapi.json', { token: null })).body.paths;
});
const operations = () =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );

describe('the OpenAPI document', () => {
  it('names every route of the API, and no other', () => {
    const served = world.api.routes
      .filter(({ method, path }) => method !== 'ALL' && path !== '/v1/openapi.json')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const documented = operations().map(({ path, method }) => `${method} ${path}`);
    expect(documented.sort()).toEqual([...new Set(served)].sort());
  });

  it('has a name and a short summary of its own for each operation, and says of each what every call may answer', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(operations().length);
    const summaries = operations().map(({ operation }) => operation.summary);
    expect(new Set(summaries).size).toBe(operations().length);
    for (const { operation } of nonEmpty(operations())) {
      expect(operation.summary).toMatch(/^[A-Z].{5,70}[^.]$/);
      const statuses = Object.keys(operation.responses);
      expect(statuses).toEqual(expect.arrayContaining(['400', '401', '403', '404', '413', '429', '503']));
      const problems = statuses.filter((status) => Number(status) >= 400);
      const types = problems.flatMap((status) => Object.keys(operation.responses[status]?.content ?? {}));
      expect(new Set(types)).toEqual(new Set(['application/problem+json']));
    }
  });

  it('asks for a token everywhere, and is itself served without one', async () => {
    const { status, body } = await world.call('GET', '/v1/openapi.json', { token: null });
    expect(status).toBe(200);
    expect(body).toMatchObject({ openapi: '3.1.0', security: [{ token: [] }] });
    expect(body.components.securitySchemes.token).toEqual({ type: 'http', scheme: 'bearer' });
    for (const { path, method } of nonEmpty(operations())) {
      const url = path.replaceAll(/\{\w+\}/g, 'x');
      expect((await world.call(method, url, { token: null })).status).toBe(401);
    }
  });
});
