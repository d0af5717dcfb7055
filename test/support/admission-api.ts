/** The API of admission controllers on in-memory ports, with two installations and their administrators. */
import { createApi } from '../../lambdas/admission-api/api.ts';
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { tokenSecrets } from '../../lib/adapters/identity/token-secrets.ts';
import { createLongPolls } from '../../lib/app/admission-api/long-polls.ts';
import { createToken } from '../../lib/app/admission-api/manage-tokens.ts';
import { createRateLimit } from '../../lib/app/admission-api/rate-limit.ts';
import { cellOf } from '../../lib/core/controllers/api-token.ts';
import { longPollBounds } from '../../lib/core/controllers/long-polls.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import { createMemoryRequestCounts } from '../fakes/request-counts.ts';
import { acme, givenTenant } from './given.ts';
import { givenPlatform } from './platform.ts';

export const beta = InstallationId(202);

export type GivenApi = Awaited<ReturnType<typeof givenApi>>;

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the API answers with
  readonly body: any;
  readonly headers: Headers;
}

export async function givenApi() {
  const tenants = [givenTenant(), givenTenant({ installationId: beta, accountId: 2, accountLogin: 'beta' })];
  const platform = await givenPlatform({ tenants });
  const { deployment, stores, github, telemetry, queues } = platform;
  /** Called while a request waits. */
  const waiting: { meanwhile: () => Promise<unknown> } = { meanwhile: async () => {} };
  const clock = {
    ...platform.clock,
    sleep: async (milliseconds: number) => {
      platform.clock.advance(milliseconds);
      await waiting.meanwhile();
    },
  };
  const counts = createMemoryRequestCounts();
  const deps = {
    deployment,
    cell: cellOf(deployment),
    controllers: stores.controllers,
    tenants: stores.tenants,
    github,
    tokenSecrets,
    clock,
    rateLimit: createRateLimit({ counts, clock }),
    loadRules: createRulesLoader(),
    questions: stores.questions,
    longPolls: createLongPolls({ ...platform, clock }, longPollBounds(undefined)),
    queues,
    telemetry,
  };
  const api = createApi(deps);
  const administrator = async (owner: InstallationId) => {
    const made = await createToken(deps, { owner }, 'administrator', { who: 'operator' });
    if (made.kind === 'fault' || made.text === undefined) throw new Error('There is no token.');
    return made.text;
  };
  const tokens = { acme: await administrator(acme), beta: await administrator(beta) };

  /** @param path from `/v1/installations/101` on, or from the root */
  async function call(
    method: string,
    path: string,
    options: { token?: string | null; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Reply> {
    const { token = tokens.acme, body, headers = {} } = options;
    const response = await api.request(path.startsWith('/v1') ? path : `/v1/installations/${acme}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? undefined : JSON.parse(text),
      headers: response.headers,
    };
  }

  const given = async (over: Record<string, unknown> = {}): Promise<string> => {
    const made = await call('POST', '/controllers', { body: { transport: { kind: 'poll' }, ...over } });
    return made.body.id;
  };
  return { api, deps, call, given, tokens, stores, clock, github, counts, platform, waiting };
}
