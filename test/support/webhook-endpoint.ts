/** A webhook endpoint with everything behind it in memory, and deliveries with GitHub's signature. */
import { createHmac } from 'node:crypto';
import { createSignatures } from '../../lib/adapters/signature/signatures.ts';
import { receiveWebhook } from '../../lib/app/webhook/receive-webhook.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { givenDeployment } from './given.ts';

const secretText = 'hush';
export function givenWebhook() {
  const clock = createMemoryClock();
  const secret = createMemorySecret({ value: secretText, clock });
  const queues = createMemoryQueues();
  const telemetry = createMemoryTelemetry();
  const deps = {
    deployment: givenDeployment(),
    signatures: createSignatures({ secret }),
    queues,
    telemetry,
    clock,
  };
  const post = (body: string | Buffer, headers: Record<string, string>) =>
    receiveWebhook(deps, { headers, body: Buffer.from(body) });
  const deliver = (event: string, payload: unknown, secretUsed = secretText) => {
    const body = JSON.stringify(payload);
    return post(body, { 'x-github-event': event, 'x-github-delivery': 'd1', ...signed(body, secretUsed) });
  };
  return { clock, secret, queues, telemetry, post, deliver };
}

export const signed = (body: string, secret = secretText) => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

export const givenDelivery = (changes: Record<string, unknown> = {}, action = 'queued') => ({
  action,
  installation: { id: 7 },
  repository: { full_name: 'acme/app', owner: { id: 70 } },
  workflow_job: {
    id: 11,
    run_id: 12,
    labels: ['self-hosted', 'small'],
    status: action,
    created_at: '2026-01-01T00:00:00Z',
    runner_name: null,
    conclusion: null,
    ...changes,
  },
});
