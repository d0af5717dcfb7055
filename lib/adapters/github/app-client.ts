/**
 * GitHub's REST API through @octokit/app: calls as the App itself, and calls with a given installation token. Without the
 * plugins for retries and throttling: they wait inside a function that is billed by the millisecond. Each call ends
 * within ten seconds and pins the REST version.
 */
import { App } from '@octokit/app';
import { Octokit } from '@octokit/core';
import type { AppCredentials, StoredApp } from '../../ports/app-credentials.ts';
import { type AppTokens, createAppTokens, isAboutTime } from './app-tokens.ts';
import { createBoundedFetch, type Fetch, mostAnswerBytes } from './bounded-fetch.ts';
import { statusOf } from './classify.ts';
import { followRedirects, manually } from './redirects.ts';

/** https://docs.github.com/en/rest/about-the-rest-api/api-versions */
const headers = { 'x-github-api-version': '2022-11-28' };
const defaultTimeoutMs = 10_000;

export interface AppClientOptions {
  /** `https://api.github.com`, or that of a GitHub Enterprise host. */
  readonly apiUrl: string;
  /** Read before each call as the App, so that a rotated key is used at once. */
  readonly app: StoredApp;
  readonly userAgent?: string;
  /** Absent: 10,000. */
  readonly timeoutMs?: number;
  /** Absent: Node's own, which reads no more than a delivery's payload may have. */
  readonly fetch?: Fetch;
}

export type Parameters = Readonly<Record<string, unknown>>;

export interface AppClient {
  /** Signed with the App's own JWT. @throws what Octokit throws */
  asApp(route: string, parameters: Parameters): Promise<unknown>;
  /** As `asApp`, with the cursor of the next page, if GitHub names one. @throws what Octokit throws */
  pageAsApp(route: string, parameters: Parameters): Promise<{ data: unknown; next: string | undefined }>;
  /** @throws what Octokit throws */
  withToken(
    token: string,
    route: string,
    parameters: Parameters,
  ): Promise<{ readonly data: unknown; readonly headers: Headers }>;
}

/** Response headers, by names in lower case. */
export type Headers = Readonly<Record<string, string | number | undefined>>;

export function createAppClient(options: AppClientOptions): AppClient {
  const { app: stored, userAgent = 'mayfly', timeoutMs = defaultTimeoutMs } = options;
  const Configured = Octokit.defaults({
    baseUrl: options.apiUrl.replace(/\/+$/, ''),
    userAgent,
    request: { fetch: options.fetch ?? createBoundedFetch(mostAnswerBytes.payload) },
  });
  const bare = new Configured();
  let current: { credentials: AppCredentials; app: App; tokens: AppTokens } | undefined;

  const appWith = (credentials: AppCredentials) => {
    if (!current || !areSame(current.credentials, credentials)) {
      const app = new App({ ...credentials, Octokit: Configured });
      current = { credentials, app, tokens: createAppTokens(app) };
    }
    return current;
  };
  const followed = followRedirects(new URL(options.apiUrl).origin);
  const bounded = () => ({ request: { signal: AbortSignal.timeout(timeoutMs) } });

  const callWith = async (credentials: AppCredentials, route: string, parameters: Parameters) => {
    const { app, tokens } = appWith(credentials);
    const { token, isNew } = await tokens.current();
    const authorized = { ...headers, authorization: `bearer ${token}` };
    try {
      return await bare.request(route, { ...parameters, ...bounded(), headers: authorized });
    } catch (error) {
      if (statusOf(error) !== 401 || (isNew && !isAboutTime(error))) throw error;
      tokens.drop(token);
      // Octokit signs anew, by GitHub's clock if ours is wrong.
      return app.octokit.request(route, { ...parameters, ...bounded(), headers });
    }
  };

  /** A key that GitHub rejects may have been replaced since it was read: then it is read again, once. */
  const asApp = async (route: string, parameters: Parameters) => {
    const used = await stored.current();
    try {
      return await callWith(used, route, parameters);
    } catch (error) {
      if (statusOf(error) !== 401 || !(await stored.refresh())) throw error;
      const fresh = await stored.current();
      if (areSame(used, fresh)) throw error;
      return callWith(fresh, route, parameters);
    }
  };

  return {
    asApp: async (route, parameters) => (await asApp(route, parameters)).data,
    async pageAsApp(route, parameters) {
      const { data, headers: answered } = await asApp(route, parameters);
      return { data, next: nextCursor(answered.link) };
    },
    async withToken(token, route, parameters) {
      const authorized = { ...headers, authorization: `token ${token}` };
      return followed([route, parameters], (target, given) =>
        bare.request(target, { ...given, ...manually(bounded()), headers: authorized }),
      );
    },
  };
}

/** Credentials that may not be stored yet. */
export const givenApp = (credentials: AppCredentials): StoredApp => ({
  current: async () => credentials,
  refresh: async () => false,
});

const areSame = (one: AppCredentials, other: AppCredentials) =>
  one.appId === other.appId && one.privateKey === other.privateKey;

/** From a Link header: `<https://…?cursor=v1_123>; rel="next"`. */
function nextCursor(link: string | undefined): string | undefined {
  const next = link?.split(',').find((part) => part.includes('rel="next"'));
  const url = next && /<([^>]+)>/.exec(next)?.[1];
  return url ? (new URL(url).searchParams.get('cursor') ?? undefined) : undefined;
}
