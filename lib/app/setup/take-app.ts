/**
 * Makes an App the platform's own. The key is stored first, since GitHub gives a created App's key only once. Then GitHub is
 * set to sign webhooks with the secret that the platform has had since its first deployment, so that every copy of the
 * webhook function already has it. A crash after the first write leaves an App without a webhook, which
 * `mayfly rotate-webhook-secret` repairs.
 */
import { missingInApp } from '../../core/app-needs.ts';
import type { AppCredentials } from '../../ports/app-credentials.ts';
import type { AppVault } from '../../ports/app-vault.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { CreatedApp, Heard, KnownApp, NewApps } from '../../ports/new-apps.ts';
import { appFacts, type RecordDeps, storedFacts } from './app-record.ts';

export interface TakeDeps extends RecordDeps {
  readonly newApps: NewApps;
  readonly vault: AppVault;
  /** Where GitHub should send webhooks. */
  readonly webhookUrl: string;
}

export interface Taken {
  readonly appId: string;
  readonly name: string;
  readonly htmlUrl: string;
  /** What the operator still has to do; undefined: nothing. */
  readonly todo?: string;
  /** What the App should request and does not. It is stored anyway, since permissions can be added at any time. */
  readonly missing: readonly string[];
}

/** @throws OperationalError if the key could not be stored */
export async function takeCreatedApp(deps: TakeDeps, app: CreatedApp): Promise<Taken> {
  const { appId, privateKey, slug, clientId, clientSecret, webhookSecret } = app;
  const before = await storedFacts(deps);
  await deps.vault.storeApp({ appId, privateKey, slug, clientId, clientSecret });
  const connected = await connect(deps, app);
  // GitHub keeps signing with the secret that it generated, so store that one.
  if (!connected.ok) await deps.vault.storeWebhookSecret(webhookSecret);
  return taken(app, await recordCreated(deps, app, before));
}

/** Called after the key is stored, since GitHub gives it only once. @returns what is left to do if it could not be recorded */
async function recordCreated(
  deps: TakeDeps,
  app: CreatedApp,
  before: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  try {
    await deps.record({ action: 'app-created', before, after: appFacts(deps, app) });
    return undefined;
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return `The App is stored, but the audit has no record of it (${error.message}). Note who created it, and when.`;
  }
}

export interface ExistingApp extends AppCredentials {
  /** What GitHub signs the App's webhooks with. Absent: GitHub gets a secret, and this platform's address. */
  readonly webhookSecret?: string;
}

/** @returns GitHub's refusal, if the key does not belong to this App; nothing is stored then @throws OperationalError */
export async function takeExistingApp(deps: TakeDeps, app: ExistingApp): Promise<Heard<Taken>> {
  const known = await deps.newApps.check({ appId: app.appId, privateKey: app.privateKey });
  return known.ok ? { ok: true, value: await storeExistingApp(deps, app, known.value) } : known;
}

/** @param known what GitHub said about the App, asked with this key @throws OperationalError */
export async function storeExistingApp(deps: TakeDeps, app: ExistingApp, known: KnownApp): Promise<Taken> {
  const { appId, privateKey, webhookSecret } = app;
  const found = { ...known, appId, privateKey };
  const before = await storedFacts(deps);
  const replaced = webhookSecret === undefined ? {} : { 'webhook secret': 'replaced' };
  await deps.record({ action: 'app-entered', before, after: { ...appFacts(deps, app), ...replaced } });
  if (webhookSecret !== undefined) await deps.vault.storeWebhookSecret(webhookSecret);
  await deps.vault.storeApp({ appId, privateKey, slug: known.slug });
  if (webhookSecret !== undefined) return taken(found, `The App's webhook URL must be ${deps.webhookUrl}`);
  const connected = await connect(deps, found);
  if (connected.ok) return taken(found);
  return taken(
    found,
    `The webhook URL was not set on GitHub (${connected.why}). Set it: npx mayfly rotate-webhook-secret`,
  );
}

async function connect(deps: TakeDeps, app: AppCredentials): Promise<Heard<'connected'>> {
  const { value: secret } = await deps.vault.webhookSecret();
  return deps.newApps.connectWebhook(app, { url: deps.webhookUrl, secret });
}

const taken = (app: KnownApp & AppCredentials, todo?: string): Taken => ({
  appId: app.appId,
  name: app.name,
  htmlUrl: app.htmlUrl,
  missing: missingInApp(app),
  ...(todo === undefined ? {} : { todo }),
});
