/** Webhooks that somebody signs by hand and posts to the platform's URL, as anyone may who knows the secret. */
import { createHmac, randomUUID } from 'node:crypto';

export interface HandSigned {
  readonly url: string;
  readonly secret: string;
  readonly event: string;
  readonly payload: object;
}

export interface WebhookReply {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

export async function postWebhook({ url, secret, event, payload }: HandSigned): Promise<WebhookReply> {
  const body = JSON.stringify(payload);
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  });
  return { status: response.status, body: (await response.json()) as WebhookReply['body'] };
}

export interface QueuedJob {
  readonly installationId: number;
  readonly owner: { readonly login: string; readonly id: number };
  readonly jobId: number;
  readonly labels: readonly string[];
}

/** A `workflow_job.queued` with the fields that GitHub always sends and the platform reads. */
export function queuedPayload({ installationId, owner, jobId, labels }: QueuedJob): object {
  return {
    action: 'queued',
    installation: { id: installationId },
    repository: {
      id: owner.id + 1,
      name: 'app',
      full_name: `${owner.login}/app`,
      private: true,
      owner: { ...owner, type: 'Organization' },
    },
    workflow_job: {
      id: jobId,
      run_id: jobId + 1,
      status: 'queued',
      labels,
      created_at: new Date().toISOString(),
    },
  };
}
