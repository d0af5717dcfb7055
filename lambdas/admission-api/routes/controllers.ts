/** Controllers: list, create, read, change, delete. */
import { createRoute, type z } from '@hono/zod-openapi';
import { changeController } from '../../../lib/app/admission-api/change-controller.ts';
import { readController, readControllers } from '../../../lib/app/admission-api/read-controllers.ts';
import { controllerView } from '../../../lib/app/admission-api/views.ts';
import type { SettingChanges } from '../../../lib/core/controllers/policy-change.ts';
import {
  type Api,
  type ApiDeps,
  actorOf,
  base,
  demand,
  ifMatch,
  jsonBody,
  ofController,
  ofInstallation,
  ok,
  ownerOf,
  problems,
  versionOf,
} from '../api-context.ts';
import { controller, controllerChanges, controllerList, newController } from '../schemas.ts';

const path = `${base}/controllers`;
const one = `${path}/{controller}`;
const tags = ['controllers'];

const list = createRoute({
  method: 'get',
  path,
  tags,
  operationId: 'listControllers',
  summary: 'List the controllers',
  request: { params: ofInstallation },
  responses: { 200: ok('All of them', controllerList), ...problems() },
});

const create = createRoute({
  method: 'post',
  path,
  tags,
  operationId: 'createController',
  summary: 'Create a controller',
  description:
    'A new controller is disabled unless its state says otherwise, and is not asked about any job until it has a scope.',
  request: { params: ofInstallation, body: jsonBody(newController) },
  responses: { 201: ok('The new controller; ETag is its version', controller), ...problems(409, 422) },
});

const read = createRoute({
  method: 'get',
  path: one,
  tags,
  operationId: 'getController',
  summary: 'Read a controller',
  request: { params: ofController },
  responses: { 200: ok('The controller; ETag is its version', controller), ...problems() },
});

const change = createRoute({
  method: 'patch',
  path: one,
  tags,
  operationId: 'updateController',
  summary: 'Change a controller',
  description: 'Changes what is given. Each change invalidates earlier decisions.',
  request: { params: ofController, headers: ifMatch, body: jsonBody(controllerChanges) },
  responses: { 200: ok('As it is now', controller), ...problems(409, 412, 422, 428) },
});

const remove = createRoute({
  method: 'delete',
  path: one,
  tags,
  operationId: 'deleteController',
  summary: 'Delete a controller',
  request: { params: ofController, headers: ifMatch },
  responses: {
    204: { description: 'Deleted, with its tokens, secrets and scopes' },
    ...problems(409, 412, 428),
  },
});

export function addControllerRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(list, async (context) => {
    const found = await readControllers(deps, ownerOf(context.req.valid('param')));
    return context.json({ controllers: found.map(controllerView) }, 200);
  });
  api.openapi(create, async (context) => {
    const owner = ownerOf(context.req.valid('param'));
    const id = `ctl_${deps.tokenSecrets.id()}`;
    const settings = settingsOf(context.req.valid('json'));
    const made = demand(
      await changeController(deps, owner, { kind: 'create', id, settings }, actorOf(context.get('caller'))),
    ).controller;
    context.header('location', `${context.req.path}/${id}`);
    context.header('etag', etag(made));
    return context.json(controllerView({ controller: made, connected: false }), 201);
  });
  api.openapi(read, async (context) => {
    const params = context.req.valid('param');
    const found = demand(await readController(deps, ownerOf(params), params.controller));
    context.header('etag', etag(found.controller));
    return context.json(controllerView(found), 200);
  });
  api.openapi(change, async (context) => {
    const params = context.req.valid('param');
    const version = versionOf(context.req.valid('header')['if-match']);
    const settings = settingsOf(context.req.valid('json'));
    const edit = { kind: 'update', id: params.controller, ...version, settings } as const;
    const actor = actorOf(context.get('caller'));
    const changed = demand(await changeController(deps, ownerOf(params), edit, actor));
    const shown = await readController(deps, ownerOf(params), params.controller);
    const connected = 'connected' in shown && shown.connected;
    context.header('etag', etag(changed.controller));
    return context.json(controllerView({ controller: changed.controller, connected }), 200);
  });
  api.openapi(remove, async (context) => {
    const params = context.req.valid('param');
    const version = versionOf(context.req.valid('header')['if-match']);
    const actor = actorOf(context.get('caller'));
    const edit = { kind: 'delete', id: params.controller, ...version } as const;
    demand(await changeController(deps, ownerOf(params), edit, actor));
    return context.body(null, 204);
  });
}

/** JSON has no `undefined`: missing values are left out. */
const settingsOf = (given: z.infer<typeof controllerChanges>) => given as SettingChanges;

const etag = ({ version }: { version: number }) => `"${version}"`;
