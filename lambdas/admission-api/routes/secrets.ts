/** The secrets that sign the callbacks to an https controller: list, rotate. */
import { createRoute } from '@hono/zod-openapi';
import { listSecrets, rotateSigningSecret } from '../../../lib/app/admission-api/manage-secrets.ts';
import { secretView } from '../../../lib/app/admission-api/views.ts';
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
import { madeSecret, rotation, secretList } from '../schemas.ts';

const path = `${base}/controllers/{controller}/secrets`;
const tags = ['secrets'];

const list = createRoute({
  method: 'get',
  path,
  tags,
  operationId: 'listSecrets',
  summary: 'List the secrets that sign callbacks',
  request: { params: ofController },
  responses: { 200: ok('The secrets that sign callbacks', secretList), ...problems(409) },
});

const rotate = createRoute({
  method: 'post',
  path,
  tags,
  operationId: 'rotateSecret',
  summary: 'Create or rotate the secret that signs callbacks',
  description:
    'Creates a secret, the first one too. During the overlap, callbacks are also signed with the previous one.',
  request: { params: ofController, body: jsonBody(rotation) },
  responses: { 201: ok('The new secret', madeSecret), ...problems(409) },
});

export function addSecretRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(list, async (context) => {
    const params = context.req.valid('param');
    const { secrets } = demand(await listSecrets(deps, ownerOf(params), params.controller));
    return context.json({ secrets: secrets.map(secretView) }, 200);
  });
  api.openapi(rotate, async (context) => {
    const params = context.req.valid('param');
    const { overlapSeconds = 0 } = context.req.valid('json');
    const about = { owner: ownerOf(params), controllerId: params.controller, overlapSeconds };
    const made = demand(await rotateSigningSecret(deps, about, actorOf(context.get('caller'))));
    return context.json({ ...secretView(made.secret), secret: made.value! }, 201);
  });
}
