/**
 * The REST API of admission controllers. A request is checked in this order: size, token, rate, whether the token
 * belongs to the path's installation, shape, and then its route. So a caller without a token learns only that one is
 * needed.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { authenticate, type Caller } from '../../lib/app/admission-api/authenticate.ts';
import { faulty } from '../../lib/app/admission-api/fault.ts';
import { type Api, type ApiDeps, type ApiEnv, refuseShape } from './api-context.ts';
import { answerTo, Problem, problemOf } from './problems.ts';
import { addControllerRoutes } from './routes/controllers.ts';
import { addDecisionRoutes } from './routes/decisions.ts';
import { addQuestionRoutes, isForControllers } from './routes/questions.ts';
import { addScopeRoutes } from './routes/scopes.ts';
import { addSecretRoutes } from './routes/secrets.ts';
import { addTokenRoutes } from './routes/tokens.ts';
import { addTestRoute } from './routes/try-job.ts';

/** Twenty rules of the maximum length at three bytes a character, and the other fields. */
const largestBodyBytes = 192 * 1024;

export function createApi(deps: ApiDeps): Api {
  const api: Api = new OpenAPIHono<ApiEnv>({ defaultHook: refuseShape });
  api.onError((error) => answerTo(error));
  api.notFound(() => {
    throw new Problem(404, 'no-such-path', 'The API has no such path; see /v1/openapi.json.');
  });
  api.use('*', async (context, next) => {
    refuseLargeBody(context);
    await next();
    context.header('cache-control', 'no-store');
    context.header('x-content-type-options', 'nosniff');
  });
  api.use('/v1/installations/:installation/*', async (context, next) => {
    context.set('caller', await admit(deps, context));
    if (hasBody(api, context)) refuseOtherMediaTypes(context);
    await next();
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  for (const add of [
    addControllerRoutes,
    addScopeRoutes,
    addTokenRoutes,
    addSecretRoutes,
    addDecisionRoutes,
    addQuestionRoutes,
    addTestRoute,
  ]) {
    add(api, deps);
  }
  refuseOtherMethods(api);
  api.doc31('/v1/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Admission controllers',
      version: '1',
      description: 'They decide which jobs of an installation may run.',
    },
    security: [{ token: [] }],
  });
  return api;
}

function refuseLargeBody({ req }: Context): void {
  const length = Number(req.header('content-length') ?? 0);
  if (length <= largestBodyBytes) return;
  const text = `The body has ${length} bytes; at most ${largestBodyBytes} are allowed.`;
  throw new Problem(413, 'too-large', text);
}

/** Whether this API has the call, and the call has a body. */
const hasBody = (api: Api, { req }: Context): boolean =>
  api.openAPIRegistry.definitions.some(
    (each) =>
      each.type === 'route' &&
      each.route.request?.body !== undefined &&
      each.route.method.toUpperCase() === req.method &&
      new RegExp(`^${each.route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(req.path),
  );

/** A body of another type would be read as an empty one. */
function refuseOtherMediaTypes({ req }: Context): void {
  const given = req.header('content-type') ?? '';
  if (/^application\/json\s*(?:;|$)/i.test(given)) return;
  const text = `The body is ${given === '' ? 'of no type' : given}; send content-type: application/json.`;
  throw new Problem(415, 'no-json', text);
}

/** The token's owner, if the token belongs to the installation in the path. */
async function admit(deps: ApiDeps, { req }: Context) {
  const caller = await authenticate(deps, req.header('authorization'));
  const installation = req.path.split('/')[3];
  const refused = () => problemOf(faulty('unauthenticated', 'no-valid-token', noToken).fault);
  if (!caller) throw refused();
  const limited = await deps.rateLimit.refuse(caller, isChange(caller, req));
  if (limited) throw problemOf(limited.fault);
  if (String(caller.token.owner) !== installation) throw refused();
  refuseOtherKind(caller, req.path);
  return caller;
}

/** A test only reads. */
const isChange = ({ kind }: Caller, { method, path }: Context['req']): boolean =>
  kind === 'administrator' && !['GET', 'HEAD'].includes(method) && !path.endsWith('/test');

/** Controllers answer questions and administrators manage; neither may do the other. */
function refuseOtherKind({ kind }: Caller, path: string): void {
  if (isForControllers(path) === (kind === 'controller')) return;
  throw kind === 'controller'
    ? new Problem(
        403,
        'not-an-administrator',
        "The token is a controller's; managing needs an administrator's.",
      )
    : new Problem(403, 'not-a-controller', 'Questions are for the controller: use one of its own tokens.');
}

const noToken =
  'Send Authorization: Bearer with a token of this installation that was neither revoked nor rotated.';

/** A known path with another method gets a 405 that lists the allowed methods. */
function refuseOtherMethods(api: Api): void {
  const methods = Map.groupBy(api.openAPIRegistry.definitions, (each) =>
    each.type === 'route' ? each.route.path : undefined,
  );
  for (const [path, routes] of methods) {
    if (path === undefined) continue;
    const allowed = routes.flatMap((each) =>
      each.type === 'route' ? [each.route.method.toUpperCase()] : [],
    );
    api.all(path.replaceAll(/\{(\w+)\}/g, ':$1'), () => {
      const text = `${path} has the methods ${allowed.join(', ')}.`;
      throw new Problem(405, 'no-such-method', text, { headers: { allow: allowed.join(', ') } });
    });
  }
}
