/**
 * Starts GitHub on this machine: one App, one HTTP server on 127.0.0.1, nothing on disk. The caller must stop it,
 * which aborts open polls and webhooks in progress. All stand-ins of one process share the App's key, and nothing
 * else: generating a key takes 0.05 s of processor time.
 */
import { generateKeyPair } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { type Control, createControl } from './control.ts';
import { controlRoutes } from './control-routes.ts';
import { createLimits } from './limits.ts';
import { type ManifestCodes, manifestPages } from './manifest-routes.ts';
import { publicRoutes } from './public-routes.ts';
import { releasePages } from './release-routes.ts';
import { runnerProtocol } from './runner-protocol.ts';
import { createSecondaryLimits } from './secondary-limits.ts';
import { createHttpServer } from './server.ts';
import { type AppIdentity, createGitHubStore, type GitHubStore } from './store.ts';
import { sweep } from './sweep.ts';
import { createWebhooks } from './webhooks.ts';

export interface GitHubStandIn extends Control {
  /** `http://127.0.0.1:PORT`: the API's address, for runners too. */
  readonly url: string;
  readonly appId: number;
  readonly clientId: string;
  /** PKCS#8. */
  readonly privateKeyPem: string;
  /** Resolves when no webhook is in progress. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export interface GitHubEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  /**
   * installed, token-minted, job-queued, job-started, job-completed, runner-registered, runner-online,
   * runner-removed, webhook.
   */
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const sweepEveryMs = 100;

export async function startGitHub(
  options: {
    port?: number;
    onEvent?: (event: GitHubEvent) => void;
    /** For the dials' probabilities: the same seed gives the same faults. */
    seed?: number;
  } = {},
): Promise<GitHubStandIn> {
  const store = createGitHubStore({
    app: await createApp(),
    fraction: seededFraction(options.seed ?? 1),
    emit: (name, fields) => options.onEvent?.({ at: Date.now(), name, fields }),
  });
  const webhooks = createWebhooks(store);
  const limits = createLimits(store);
  const control = createControl({ store, webhooks, limits });
  const manifestCodes: ManifestCodes = new Map();
  const routes = [
    ...publicRoutes({ limits, webhooks, manifestCodes }),
    ...manifestPages(manifestCodes),
    ...releasePages(),
    ...runnerProtocol(webhooks),
    ...controlRoutes(control),
  ];
  const server = createHttpServer(store, { routes, limits, secondaryLimits: createSecondaryLimits(store) });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  store.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const timer = setInterval(() => sweep(store, webhooks), sweepEveryMs).unref();
  return {
    ...control,
    ...identityOf(store),
    settle: () => webhooks.settle(),
    async stop() {
      clearInterval(timer);
      webhooks.stop();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await webhooks.settle();
    },
  };
}

function identityOf({ url, app }: GitHubStore) {
  return { url, appId: app.id, clientId: app.clientId, privateKeyPem: app.privateKeyPem };
}

const createKeys = () =>
  promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
let keys: ReturnType<typeof createKeys> | undefined;

async function createApp(): Promise<AppIdentity> {
  keys ??= createKeys();
  const { privateKey, publicKey } = await keys;
  return {
    id: 1_234_567,
    clientId: 'Iv23liMayflyOnALaptop',
    slug: 'mayfly',
    privateKeyPem: privateKey,
    publicKeyPems: new Set([publicKey]),
    createdAt: Date.now(),
  };
}

/** A small generator (mulberry32), so that random faults can be repeated. */
function seededFraction(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
