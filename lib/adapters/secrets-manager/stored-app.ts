/**
 * Reads the GitHub App from its secret, which `mayfly setup` writes. While there is none, every call fails with an error
 * that names the command; the secret is then read again at most once a minute, so that a stored App is in use within a
 * minute, without a deployment. No message contains any part of the key.
 */
import type { AppSecret } from '../../contract/secrets.ts';
import { privateKeyForms, readPrivateKey } from '../../core/private-key.ts';
import { type AppCredentials, appMissing, type StoredApp } from '../../ports/app-credentials.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Secret } from '../../ports/secrets.ts';

export function createStoredApp(secret: Secret): StoredApp {
  const read = async () => readAppSecret((await secret.values())[0] ?? '');
  return {
    async current() {
      const app = (await read()) ?? ((await secret.refresh()) ? await read() : undefined);
      if (app) return app;
      throw new OperationalError('There is no GitHub App yet. Create it, or enter one: npx mayfly setup', {
        code: appMissing,
        retryable: true,
      });
    },
    refresh: () => secret.refresh(),
  };
}

/**
 * @returns undefined if no App is stored yet
 * @throws OperationalError that says what the secret must contain
 */
export function readAppSecret(text: string): AppCredentials | undefined {
  const { appId, privateKey } = parse(text);
  if (!appId && !privateKey) return undefined;
  if (typeof appId !== 'string' || appId === '') throw malformed('has no appId');
  if (typeof privateKey !== 'string' || privateKey === '') throw malformed('has no privateKey');
  const pem = readPrivateKey(privateKey);
  if (!pem) throw malformed('holds a privateKey that is not a key');
  return { appId, privateKey: pem };
}

function parse(text: string): Partial<Record<keyof AppSecret, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed('is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw malformed('is not a JSON object');
  return parsed;
}

const malformed = (what: string) =>
  new OperationalError(
    `The App's secret ${what}. It must be JSON, {"appId": "123456", "privateKey": "…"}, with ${privateKeyForms}. ` +
      'Correct it: npx mayfly setup --app-id 123456 --key my-app.private-key.pem',
    { code: 'AppSecretMalformed', retryable: false },
  );
