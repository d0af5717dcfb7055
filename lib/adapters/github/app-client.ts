/**
 * GitHub's REST API through @octokit/app: calls as the App itself, and calls with a given installation
 * token. No retrying or throttling plugins: those wait inside a function that is paid for by the
 * millisecond. Each call ends within ten seconds and pins the REST version.
 */
import { App } from '@octokit/app';
import { Octokit } from '@octokit/core';

/** https://docs.github.com/en/rest/about-the-rest-api/api-versions */
const headers = { 'x-github-api-version': '2022-11-28' };
const defaultTimeoutMs = 10_000;

export interface AppClientOptions {
  /** `https://api.github.com`, or that of a GitHub Enterprise host. */
  readonly apiUrl: string;
  /** The App's numeric id, or its client id. */
  readonly appId: string | number;
  /** PEM. Asked before each call as the App, so that a rotated key is taken up. */
  readonly privateKey: () => Promise<string>;
  readonly userAgent?: string;
  /** Absent: 10,000. */
  readonly timeoutMs?: number;
}

export type Parameters = Readonly<Record<string, unknown>>;

export interface AppClient {
  /** Signed with the App's own JWT. @throws what Octokit throws */
  asApp(route: string, parameters: Parameters): Promise<unknown>;
  /** @throws what Octokit throws */
  withToken(token: string, route: string, parameters: Parameters): Promise<unknown>;
}

export function createAppClient(options: AppClientOptions): AppClient {
  const { appId, privateKey, userAgent = 'mayfly', timeoutMs = defaultTimeoutMs } = options;
  const Configured = Octokit.defaults({ baseUrl: options.apiUrl.replace(/\/+$/, ''), userAgent });
  const bare = new Configured();
  let current: { key: string; app: App } | undefined;

  const appWith = (key: string): App => {
    if (current?.key !== key) {
      current = { key, app: new App({ appId, privateKey: key, Octokit: Configured }) };
    }
    return current.app;
  };
  const bounded = () => ({ request: { signal: AbortSignal.timeout(timeoutMs) } });

  return {
    async asApp(route, parameters) {
      const { octokit } = appWith(await privateKey());
      const answer = await octokit.request(route, { ...parameters, ...bounded(), headers });
      return answer.data;
    },
    async withToken(token, route, parameters) {
      const authorized = { ...headers, authorization: `token ${token}` };
      const answer = await bare.request(route, { ...parameters, ...bounded(), headers: authorized });
      return answer.data;
    },
  };
}
