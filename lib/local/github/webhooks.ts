/**
 * Sends webhooks as GitHub does: signed, with GitHub's headers, ten seconds each, never retried by itself, every attempt
 * recorded. Sending never delays or breaks what caused the event. Dials make webhooks get lost, come twice or late.
 * Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
import { createHmac, randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { accountShape, nodeId } from './account-shapes.ts';
import { postWebhook, unreached } from './post-webhook.ts';
import type { DeliveryRecord, GitHubStore, InstallationRecord, Repository } from './store.ts';
import { takeId } from './store.ts';

/**
 * "Payloads are capped at 25 MB. If an event generates a larger payload, GitHub will not deliver a payload for that webhook
 * event."
 * Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
 */
const payloadCapBytes = 25 * 1024 * 1024;

/** GitHub keeps deliveries for three days; a laptop keeps this many. */
const deliveriesKept = 10_000;

export interface WebhookEvent {
  readonly event: string;
  readonly action: string;
  readonly installation: InstallationRecord;
  readonly repository?: Repository;
  /** The payload besides action, installation and sender. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Webhooks {
  send(event: WebhookEvent): void;
  /** The same payload under the same guid again. */
  redeliver(delivery: DeliveryRecord): void;
  /** Resolves when nothing is in progress. */
  settle(): Promise<void>;
  stop(): void;
}

interface Parcel
  extends Pick<DeliveryRecord, 'guid' | 'event' | 'action' | 'installationId' | 'repositoryId'> {
  readonly body: string;
  readonly redelivery: boolean;
}

export function createWebhooks(store: GitHubStore): Webhooks {
  const underway = new Set<Promise<void>>();
  const stopping = new AbortController();
  const agent = new Agent({ keepAlive: true });

  const start = (parcel: Parcel, options: { delayMs: number; lost: boolean }) => {
    if (store.webhook === undefined || stopping.signal.aborted) return;
    const sending = deliver(store, parcel, { ...options, ...store.webhook, agent, stop: stopping.signal });
    underway.add(sending);
    void sending.finally(() => underway.delete(sending));
  };

  return {
    send(event) {
      const parcel = packed(store, event);
      if (Buffer.byteLength(parcel.body) > payloadCapBytes) return;
      const { loseProbability, duplicateProbability, delayProbability, delayMs } = store.dials.webhooks;
      const lateness = () => (store.fraction() < delayProbability ? delayMs : 0);
      start(parcel, { delayMs: lateness(), lost: store.fraction() < loseProbability });
      if (store.fraction() < duplicateProbability) start(parcel, { delayMs: lateness(), lost: false });
    },
    redeliver(delivery) {
      start({ ...delivery, redelivery: true }, { delayMs: 0, lost: false });
    },
    async settle() {
      while (underway.size > 0) await Promise.all(underway);
    },
    stop() {
      stopping.abort();
      agent.destroy();
    },
  };
}

function packed(store: GitHubStore, event: WebhookEvent): Parcel {
  const { installation, repository } = event;
  const reference = { id: installation.id, node_id: nodeId('Installation', installation.id) };
  const payload = {
    action: event.action,
    installation: reference,
    ...event.fields,
    sender: accountShape(store, installation.account),
  };
  return {
    guid: randomUUID(),
    event: event.event,
    action: event.action,
    installationId: installation.id,
    repositoryId: repository?.id ?? null,
    body: JSON.stringify(payload),
    redelivery: false,
  };
}

interface Sending {
  readonly url: string;
  readonly secret: string;
  readonly delayMs: number;
  readonly lost: boolean;
  readonly agent: Agent;
  readonly stop: AbortSignal;
}

async function deliver(store: GitHubStore, parcel: Parcel, sending: Sending): Promise<void> {
  if (sending.delayMs > 0 && !(await waited(sending.delayMs, sending.stop))) return;
  const requestHeaders = headersOf(store, parcel, sending.secret);
  const startedAt = store.now();
  const answer = sending.lost
    ? { ...unreached, status: 'lost by a dial' }
    : await postWebhook({ ...sending, body: parcel.body, headers: requestHeaders });
  const record: DeliveryRecord = {
    ...parcel,
    ...answer,
    id: takeId(store),
    deliveredAt: startedAt,
    durationSeconds: (store.now() - startedAt) / 1000,
    requestHeaders,
  };
  store.deliveries.push(record);
  if (store.deliveries.length > deliveriesKept) store.deliveries.shift();
  store.emit('webhook', {
    event: `${parcel.event}.${parcel.action}`,
    installationId: parcel.installationId,
    status: record.statusCode || record.status,
    redelivery: parcel.redelivery,
  });
}

function headersOf(store: GitHubStore, parcel: Parcel, secret: string): Record<string, string> {
  const sign = (algorithm: string) => createHmac(algorithm, secret).update(parcel.body).digest('hex');
  return {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/mayfly',
    'x-github-delivery': parcel.guid,
    'x-github-event': parcel.event,
    'x-github-hook-id': '1',
    'x-github-hook-installation-target-id': String(store.app.id),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature': `sha1=${sign('sha1')}`,
    'x-hub-signature-256': `sha256=${sign('sha256')}`,
  };
}

function waited(milliseconds: number, stop: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), milliseconds);
    stop.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
