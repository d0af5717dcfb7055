/**
 * GitHub's App manifests and an App's own settings over the REST API. Each call ends within ten seconds; the conversion
 * is retried if GitHub cannot have used up the code, since a code works only once.
 * Source: https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppCredentials } from '../../ports/app-credentials.ts';
import type { CreatedApp, Heard, KnownApp, NewApps } from '../../ports/new-apps.ts';
import { createAppClient, givenApp } from './app-client.ts';
import { createBoundedFetch, mostAnswerBytes } from './bounded-fetch.ts';
import { statusOf } from './classify.ts';
import { wordsOf } from './words-of.ts';

const convertTries = 3;
const timeoutMs = 10_000;
const boundedFetch = createBoundedFetch(mostAnswerBytes.page);

export function createNewApps({ apiUrl }: { readonly apiUrl: string }): NewApps {
  const clientOf = (app: AppCredentials) =>
    createAppClient({ apiUrl, app: givenApp(app), timeoutMs, fetch: boundedFetch });
  return {
    async convert(code) {
      let heard = await convertOnce(apiUrl, code);
      for (let tries = 2; tries <= convertTries && isUnreachable(heard); tries++) {
        await sleep(300 * tries);
        heard = await convertOnce(apiUrl, code);
      }
      return heard;
    },
    check: (app) => heardOf(async () => knownApp(await clientOf(app).asApp('GET /app', {}))),
    connectWebhook: (app, { url, secret }) =>
      heardOf(async () => {
        // As `data`, because `url` is one of Octokit's own parameters.
        const data = { url, secret, content_type: 'json' };
        await clientOf(app).asApp('PATCH /app/hook/config', { data });
        return 'connected' as const;
      }),
  };
}

async function convertOnce(apiUrl: string, code: string): Promise<Heard<CreatedApp>> {
  try {
    const response = await boundedFetch(`${apiUrl}/app-manifests/${encodeURIComponent(code)}/conversions`, {
      method: 'POST',
      headers: {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        'user-agent': 'mayfly',
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (response.status === 201) return { ok: true, value: createdApp(JSON.parse(text)) };
    const why = `GitHub answered ${response.status}: ${reasonIn(text) ?? 'no reason given'}`;
    return { ok: false, kind: response.status < 500 ? 'refused' : 'unreachable', why };
  } catch (error) {
    return { ok: false, kind: 'unreachable', why: `GitHub could not be reached (${String(error)})` };
  }
}

function reasonIn(text: string): string | undefined {
  try {
    return wordsOf((JSON.parse(text) as { message?: string }).message);
  } catch {
    return wordsOf(text);
  }
}

function createdApp(body: Record<string, unknown>): CreatedApp {
  return {
    ...knownApp(body),
    appId: String(body['id']),
    privateKey: String(body['pem']),
    clientId: String(body['client_id']),
    clientSecret: String(body['client_secret']),
    webhookSecret: String(body['webhook_secret'] ?? ''),
  };
}

function knownApp(data: unknown): KnownApp {
  const app = data as {
    name: string;
    slug?: string;
    html_url: string;
    permissions?: Record<string, string>;
    events?: string[];
  };
  return {
    name: app.name,
    slug: app.slug ?? app.name,
    htmlUrl: app.html_url,
    permissions: app.permissions ?? {},
    events: app.events ?? [],
  };
}

async function heardOf<Value>(call: () => Promise<Value>): Promise<Heard<Value>> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    const status = statusOf(error) ?? 0;
    const isAnswered = (error as { response?: unknown }).response !== undefined;
    // Octokit appends a link to its documents; the reader wants to know what is wrong.
    const message = (wordsOf((error as Error).message) ?? 'no reason given').replace(/ - https?:\S+$/, '');
    const why = isAnswered ? `GitHub answered ${status}: ${message}` : message;
    // Without a response, either the key itself cannot sign, or the network failed.
    return { ok: false, kind: isAnswered && status < 500 ? 'refused' : 'unreachable', why };
  }
}

const isUnreachable = (heard: Heard<unknown>) => !heard.ok && heard.kind === 'unreachable';
