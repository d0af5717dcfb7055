/**
 * Handles one webhook delivery from GitHub: verifies the sender, decides which queue it belongs to, and sends it there. A
 * refused delivery costs no AWS call, an accepted one a send. A signed delivery that is of no use is answered with
 * 202 and counted, because errors would be redelivered for three days.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { Clock } from '../../ports/clock.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Queues } from '../../ports/queues.ts';
import type { Signatures } from '../../ports/signatures.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { type Route, routeDelivery } from './route-delivery.ts';

export interface WebhookDeps {
  readonly deployment: Deployment;
  readonly signatures: Signatures;
  readonly queues: Queues;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

export interface WebhookRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The exact bytes that were signed. */
  readonly body: Uint8Array;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

/**
 * A job's event has at most about 100 KB. One about an installation lists its repositories, and GitHub sends up to 25 MB: one
 * with more than 25,000 repositories may be refused. That loses nothing: GitHub is asked about an installation anyway, at
 * the latest when its first job is queued. A function URL takes an event of 6 MB, in which this much is escaped or base64.
 */
const bodyLimitBytes = 4 * 1024 * 1024;

/**
 * What was done and why. Throws only for a bug: operational failures are answered with 503, which GitHub
 * records.
 */
export async function receiveWebhook(deps: WebhookDeps, request: WebhookRequest): Promise<WebhookAnswer> {
  try {
    return await receive(deps, request);
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    deps.telemetry.event(
      'error',
      'webhook-failed',
      {
        delivery: request.headers['x-github-delivery'],
        reason: error.code,
        message: error.message,
      },
      { WebhooksFailed: 1 },
    );
    return { status: 503, body: { outcome: 'failed', why: 'A service is unavailable; redeliver later.' } };
  }
}

async function receive(deps: WebhookDeps, request: WebhookRequest): Promise<WebhookAnswer> {
  const refuse = (status: number, code: string, why: string): WebhookAnswer => {
    deps.telemetry.count('WebhooksRefused', { reason: code });
    return { status, body: { outcome: 'refused', why } };
  };
  if (request.body.length > bodyLimitBytes) {
    return refuse(413, 'too-large', `The body has ${request.body.length} bytes; at most ${bodyLimitBytes}.`);
  }
  const { 'x-hub-signature-256': signature, 'x-github-event': event } = request.headers;
  if (!(await deps.signatures.verify(request.body, signature))) {
    return refuse(
      401,
      'unsigned',
      'X-Hub-Signature-256 is missing, or does not match the body and the webhook secret.',
    );
  }
  if (!event) return refuse(400, 'no-event', 'X-GitHub-Event is missing; it names the event.');
  const payload = parsed(request.body);
  if (payload === undefined)
    return refuse(400, 'not-json', 'The body is not JSON; set content type to JSON.');
  const route = routeDelivery({
    event,
    delivery: request.headers['x-github-delivery'] || 'unnamed',
    payload,
    tiers: deps.deployment.tiers,
    receivedAt: deps.clock.now(),
  });
  return follow(deps, route);
}

/** Makes the one send. Sends are not counted here, because SQS counts messages. */
async function follow({ queues, telemetry }: WebhookDeps, route: Route): Promise<WebhookAnswer> {
  switch (route.to) {
    case 'tier':
      await queues.sendToTier(route.tier, route.message);
      return { status: 202, body: { outcome: 'queued', tier: route.tier } };
    case 'lifecycle':
      await queues.sendToLifecycle(route.message);
      return { status: 202, body: { outcome: 'recorded', action: route.message.action } };
    case 'completions':
      await queues.sendToCompletions(route.message);
      return { status: 202, body: { outcome: 'recorded', action: route.message.action } };
    case 'installations':
      await queues.sendToInstallations(route.message);
      return { status: 202, body: { outcome: 'recorded', event: route.message.event } };
    case 'nowhere':
      telemetry.count('WebhooksIgnored', { reason: route.code });
      return { status: 202, body: { outcome: 'ignored', why: route.why } };
  }
}

/** Undefined: not JSON. */
function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
