/** The tokens that a polling controller authenticates with: list, create, rotate, revoke. */
import { createRoute } from '@hono/zod-openapi';
import {
  createToken,
  listTokens,
  removeToken,
  replaceToken,
} from '../../../lib/app/admission-api/manage-tokens.ts';
import { tokenView } from '../../../lib/app/admission-api/views.ts';
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
import { madeToken, newToken, rotation, tokenId, tokenList } from '../schemas.ts';

const path = `${base}/controllers/{controller}/tokens`;
const one = `${path}/{token}`;
const tags = ['tokens'];
const ofToken = ofController.extend({ token: tokenId });

const list = createRoute({
  method: 'get',
  path,
  tags,
  operationId: 'listTokens',
  summary: "List a controller's tokens",
  request: { params: ofController },
  responses: { 200: ok('Those that work', tokenList), ...problems() },
});

const create = createRoute({
  method: 'post',
  path,
  tags,
  operationId: 'createToken',
  summary: 'Create a token for a controller',
  request: { params: ofController, body: jsonBody(newToken) },
  responses: { 201: ok('The new token', madeToken), ...problems(409) },
});

const rotate = createRoute({
  method: 'post',
  path: `${one}/rotate`,
  tags,
  operationId: 'rotateToken',
  summary: 'Replace a token',
  description:
    'Replaces the token with a new one, in one change. The old one works until the overlap is over.',
  request: { params: ofToken, body: jsonBody(rotation) },
  responses: { 201: ok('The new token', madeToken), ...problems(409) },
});

const revoke = createRoute({
  method: 'delete',
  path: one,
  tags,
  operationId: 'revokeToken',
  summary: 'Revoke a token',
  request: { params: ofToken },
  responses: { 204: { description: 'The token is revoked' }, ...problems(409) },
});

export function addTokenRoutes(api: Api, deps: ApiDeps): void {
  const bearerOf = (params: { installation: string; controller: string }) => ({
    owner: ownerOf(params),
    controllerId: params.controller,
  });
  api.openapi(list, async (context) => {
    const { tokens } = demand(await listTokens(deps, bearerOf(context.req.valid('param'))));
    return context.json({ tokens: tokens.map(tokenView) }, 200);
  });
  api.openapi(create, async (context) => {
    const { description = '' } = context.req.valid('json');
    const actor = actorOf(context.get('caller'));
    const made = demand(await createToken(deps, bearerOf(context.req.valid('param')), description, actor));
    return context.json({ ...tokenView(made.token), token: made.text! }, 201);
  });
  api.openapi(rotate, async (context) => {
    const params = context.req.valid('param');
    const { overlapSeconds = 0 } = context.req.valid('json');
    const actor = actorOf(context.get('caller'));
    const made = demand(
      await replaceToken(deps, bearerOf(params), { id: params.token, overlapSeconds }, actor),
    );
    return context.json({ ...tokenView(made.token), token: made.text! }, 201);
  });
  api.openapi(revoke, async (context) => {
    const params = context.req.valid('param');
    demand(await removeToken(deps, bearerOf(params), params.token, actorOf(context.get('caller'))));
    return context.body(null, 204);
  });
}
