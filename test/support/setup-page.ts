/** The setup page's use cases with in-memory ports: GitHub, Secrets Manager, the audit and the notes. */
import { createSetupTokens } from '../../lib/adapters/identity/setup-tokens.ts';
import type { SetupDeps } from '../../lib/app/setup/setup-page.ts';
import { openLink } from '../../lib/app/setup/setup-session.ts';
import type { AppSecret } from '../../lib/contract/secrets.ts';
import { type SetupClaims, setupMilliseconds } from '../../lib/core/setup-claims.ts';
import type { DeploymentChange } from '../../lib/ports/deployment-audit.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { CreatedApp, Heard } from '../../lib/ports/new-apps.ts';
import { createMemoryChance, createMemoryClock } from '../fakes/clock.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';

export const createdApp: CreatedApp = {
  appId: '42',
  privateKey: 'a-private-key',
  name: 'Acme runners',
  slug: 'acme-runners',
  htmlUrl: 'https://github.com/apps/acme-runners',
  permissions: { organization_self_hosted_runners: 'write', actions: 'read' },
  events: ['workflow_job'],
  clientId: 'Iv1',
  clientSecret: 'client-secret',
  webhookSecret: 'of-github',
};

const refused = { ok: false, kind: 'refused', why: 'GitHub says no' } as const;
const down = () => new OperationalError('It is down.', { code: 'Down', retryable: true });

export type SetupStep = 'convert' | 'check' | 'connect' | 'storeApp' | 'record' | 'readApp';

export function givenSetup() {
  const clock = createMemoryClock();
  const telemetry = createMemoryTelemetry();
  const failing = new Set<SetupStep>();
  const vault: { app: AppSecret | undefined; webhookSecret: string } = {
    app: undefined,
    webhookSecret: 'ours',
  };
  const connected: { url: string; secret: string }[] = [];
  const converted: string[] = [];
  const recorded: DeploymentChange[] = [];
  const throwIf = (step: SetupStep) => {
    if (failing.has(step)) throw down();
  };
  const heard = <Value>(step: SetupStep, value: Value): Heard<Value> =>
    failing.has(step) ? refused : { ok: true, value };
  const deps: SetupDeps = {
    clock,
    telemetry,
    chance: createMemoryChance(7),
    notes: createMemoryNotes(),
    tokens: createSetupTokens({ secret: createMemorySecret({ value: 'setup-secret', clock }) }),
    environment: 'my-saas',
    githubWebUrl: 'https://github.com',
    webhookUrl: 'https://example.com/webhook',
    fingerprint: (key) => (key.includes('key') || key.includes('KEY') ? 'SHA256:of-key' : undefined),
    vault: {
      app: async () => {
        throwIf('readApp');
        return vault.app;
      },
      storeApp: async (app) => {
        throwIf('storeApp');
        vault.app = app;
      },
      webhookSecret: async () => ({ value: vault.webhookSecret, storedAt: 0 }),
      storeWebhookSecret: async (value) => {
        vault.webhookSecret = value;
      },
    },
    newApps: {
      convert: async (code) => {
        converted.push(code);
        return heard('convert', createdApp);
      },
      check: async () => heard('check', createdApp),
      connectWebhook: async (_app, webhook) => {
        if (!failing.has('connect')) connected.push(webhook);
        return heard('connect', 'connected' as const);
      },
    },
    audit: {
      record: async (change) => {
        throwIf('record');
        recorded.push(change);
      },
      recordConfiguration: async () => undefined,
    },
  };

  const link = (over: Partial<SetupClaims> = {}) =>
    deps.tokens.sign('link', {
      issuedAt: clock.now(),
      by: 'ann',
      replaces: false,
      browser: '',
      expiresAt: clock.now() + setupMilliseconds,
      ...over,
    });
  return {
    deps,
    clock,
    telemetry,
    vault,
    connected,
    converted,
    recorded,
    fail: (step: SetupStep) => void failing.add(step),
    link,
    /** A browser that opened its own link. */
    async browser(over: Partial<SetupClaims> = {}) {
      const opened = await openLink(deps, await link(over));
      if (typeof opened === 'string' || !('session' in opened)) throw new Error('The link did not open.');
      return { session: opened.session, origin: 'https://page.example', sourceIp: '192.0.2.1' };
    },
  };
}
