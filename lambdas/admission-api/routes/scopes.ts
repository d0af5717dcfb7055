/** A controller's scopes, which decide about which jobs it is asked: list, add, remove. */
import { createRoute, type z } from '@hono/zod-openapi';
import { changeController } from '../../../lib/app/admission-api/change-controller.ts';
import { readController } from '../../../lib/app/admission-api/read-controllers.ts';
import { scopeView } from '../../../lib/app/admission-api/views.ts';
import type { ScopeTarget } from '../../../lib/core/controllers/scope.ts';
import { TierName } from '../../../lib/core/ids.ts';
import {
  type Api,
  type ApiDeps,
  actorOf,
  base,
  demand,
  jsonBody,
  ofController,
  ok,
  ownerOf,
  problems,
} from '../api-context.ts';
import { scope, scopeId, scopeList, target } from '../schemas.ts';

const path = `${base}/controllers/{controller}/scopes`;
const tags = ['scopes'];

const list = createRoute({
  method: 'get',
  path,
  tags,
  operationId: 'listScopes',
  summary: "List a controller's scopes",
  request: { params: ofController },
  responses: { 200: ok('All of them', scopeList), ...problems() },
});

const add = createRoute({
  method: 'post',
  path,
  tags,
  operationId: 'addScope',
  summary: 'Add a scope to a controller',
  request: { params: ofController, body: jsonBody(target) },
  responses: { 201: ok('The new scope', scope), ...problems(409, 422) },
});

const remove = createRoute({
  method: 'delete',
  path: `${path}/{scope}`,
  tags,
  operationId: 'removeScope',
  summary: 'Remove a scope from a controller',
  request: { params: ofController.extend({ scope: scopeId }) },
  responses: { 204: { description: 'It is gone' }, ...problems(409) },
});

export function addScopeRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(list, async (context) => {
    const params = context.req.valid('param');
    const { controller } = demand(await readController(deps, ownerOf(params), params.controller));
    return context.json({ scopes: controller.scopes.map(scopeView) }, 200);
  });
  api.openapi(add, async (context) => {
    const params = context.req.valid('param');
    const id = `scp_${deps.tokenSecrets.id()}`;
    const edit = {
      kind: 'add-scope',
      id: params.controller,
      scopeId: id,
      target: targetOf(context.req.valid('json')),
    } as const;
    const changed = demand(
      await changeController(deps, ownerOf(params), edit, actorOf(context.get('caller'))),
    );
    context.header('location', `${context.req.path}/${id}`);
    return context.json(scopeView(changed.controller.scopes.find((each) => each.id === id)!), 201);
  });
  api.openapi(remove, async (context) => {
    const params = context.req.valid('param');
    const edit = { kind: 'remove-scope', id: params.controller, scopeId: params.scope } as const;
    demand(await changeController(deps, ownerOf(params), edit, actorOf(context.get('caller'))));
    return context.body(null, 204);
  });
}

const targetOf = (given: z.infer<typeof target>): ScopeTarget =>
  'tier' in given ? { ...given, tier: TierName(given.tier) } : given;
