/**
 * Watches the webhook's URL. Whoever knows the secret may post a webhook of their own; the GitHub stand-in then adopts
 * its content, so that the platform can ask about it. Unsigned requests are ignored.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { UrlRequest } from './lambda/url-event.ts';
import type { Emit } from './laptop-event.ts';

/** How the stand-in's own deliveries identify themselves: it already knows their content. */
const standInAgent = 'GitHub-Hookshot/mayfly';

export interface WebhookWatch {
  readonly secret: string;
  readonly emit: Emit;
  adopt(event: string, payload: unknown): void;
}

export function watchWebhook(request: UrlRequest, { secret, emit, adopt }: WebhookWatch): void {
  const header = (name: string) => [request.headers[name] ?? ''].flat().join(',');
  const event = header('x-github-event');
  const fields = { event, delivery: header('x-github-delivery') };
  const payload = isSigned(request.body, header('x-hub-signature-256'), secret)
    ? parseJson(request.body)
    : undefined;
  if (payload === undefined) {
    emit('webhook', `${event || request.method} without a valid signature, or not JSON`, fields);
    return;
  }
  const action = (payload as { action?: unknown } | null)?.action;
  const isOwn = header('user-agent') === standInAgent;
  emit('webhook', typeof action === 'string' ? `${event}.${action}` : event, {
    ...fields,
    sender: isOwn ? 'github' : 'someone with the secret',
  });
  if (!isOwn) adopt(event, payload);
}

function isSigned(body: Buffer, signature: string, secret: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** undefined: it is not JSON, which the webhook function itself answers. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
