/** Calls the stand-in as an App does, with plain HTTP, so that tests see statuses, headers and bodies unchanged. */
import { sign } from 'node:crypto';
import type { GitHubStandIn } from '../../../lib/local/github/start-github.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface Claims {
  readonly iss?: string | number;
  readonly iat?: number;
  readonly exp?: number;
}

const nowSeconds = () => Math.floor(Date.now() / 1000);

export function appToken(standIn: GitHubStandIn, claims: Claims = {}, key = standIn.privateKeyPem): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { iss: standIn.appId, iat: nowSeconds() - 60, exp: nowSeconds() + 500, ...claims };
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(payload)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}

/** `route` is a method and a path: `GET /app`. */
export async function ask(
  standIn: GitHubStandIn,
  route: string,
  options: { token?: string; body?: unknown } = {},
): Promise<ApiAnswer> {
  const [method = 'GET', path = '/'] = route.split(' ');
  const response = await fetch(standIn.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('application/json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

export async function installationToken(
  standIn: GitHubStandIn,
  installationId: number,
  body: object = {},
): Promise<string> {
  const route = `POST /app/installations/${installationId}/access_tokens`;
  const answer = await ask(standIn, route, { token: appToken(standIn), body });
  if (answer.status !== 201) throw new Error(`no token: ${JSON.stringify(answer.body)}`);
  return answer.body.token;
}
