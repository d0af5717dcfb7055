/**
 * The last step of the manifest flow: GitHub's code, good once and for an hour, against the App's id and secrets.
 * Source: https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest
 */
import { UsageError } from '../command.ts';

export interface NewApp {
  readonly appId: string;
  readonly slug: string;
  readonly htmlUrl: string;
  readonly privateKey: string;
  readonly webhookSecret: string;
}

/** @throws UsageError that says what GitHub answered */
export async function convertManifest(githubApiUrl: string, code: string): Promise<NewApp> {
  const response = await fetch(`${githubApiUrl}/app-manifests/${encodeURIComponent(code)}/conversions`, {
    method: 'POST',
    headers: {
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      'user-agent': 'mayfly',
    },
    signal: AbortSignal.timeout(15_000),
  });
  const body = (await response.json().catch(() => ({}))) as Partial<Record<string, unknown>>;
  if (response.status !== 201) {
    throw new UsageError(
      `GitHub did not make the App (${response.status}: ${String(body['message'] ?? 'no reason given')}). The code is good once, for an hour: run mayfly setup again.`,
    );
  }
  const field = (name: string): string => {
    const value = body[name];
    if (typeof value === 'string' && value !== '') return value;
    throw new UsageError(
      `GitHub's answer has no ${name}; the App was made, so delete it there and run mayfly setup again.`,
    );
  };
  return {
    appId: String(body['id']),
    slug: field('slug'),
    htmlUrl: field('html_url'),
    privateKey: field('pem'),
    webhookSecret: field('webhook_secret'),
  };
}
