/** The webhook's answers, and what each delivery costs: nothing when refused, one message when accepted. */
import { describe, expect, it } from '@jest/globals';
import { createSignatures } from '../../lib/adapters/signature/signatures.ts';
import { parseMessage } from '../../lib/contract/messages.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { givenWebhook, givenDelivery as job, signed } from '../support/webhook-endpoint.ts';

describe('a delivery that is refused costs no message', () => {
  const body = JSON.stringify(job());
  it.each([
    { name: 'no signature', body, headers: { 'x-github-event': 'workflow_job' }, status: 401 },
    { name: 'a foreign signature', body, headers: signed(body, 'other'), status: 401 },
    { name: 'a malformed signature', body, headers: { 'x-hub-signature-256': 'sha256=ab' }, status: 401 },
    { name: 'the signature of another body', body, headers: signed(`${body} `), status: 401 },
    { name: 'an empty body', body: '', headers: signed(''), status: 401 },
    { name: 'no event', body, headers: signed(body), status: 400 },
    { name: 'not JSON', body: 'a=b', headers: { 'x-github-event': 'ping', ...signed('a=b') }, status: 400 },
    { name: 'too large', body: 'x'.repeat(4 * 1024 * 1024 + 1), headers: {}, status: 413 },
  ])('$name → $status', async (given) => {
    const webhook = givenWebhook();
    const answer = await webhook.post(given.body, given.headers as Record<string, string>);
    expect(answer).toMatchObject({ status: given.status, body: { outcome: 'refused' } });
    expect(webhook.queues.sent()).toBe(0);
    expect(webhook.telemetry.total('WebhooksRefused')).toBe(1);
  });
});

describe('a signed delivery of no use is answered with 202, counted, and sent nowhere', () => {
  it.each([
    { name: 'an unknown event', event: 'star', payload: job(), code: 'event-unused' },
    {
      name: 'no workflow_job',
      event: 'workflow_job',
      payload: { ...job(), workflow_job: null },
      code: 'no-workflow-job',
    },
    {
      name: 'no installation',
      event: 'workflow_job',
      payload: { ...job(), installation: undefined },
      code: 'no-installation',
    },
    {
      name: 'no repository',
      event: 'workflow_job',
      payload: { ...job(), repository: null },
      code: 'job-unusable',
    },
    { name: 'an unknown action', event: 'workflow_job', payload: job({}, 'paused'), code: 'action-unused' },
    {
      name: "GitHub's own machines",
      event: 'workflow_job',
      payload: job({ labels: ['ubuntu-latest'] }),
      code: 'hosted-by-github',
    },
    { name: 'no labels', event: 'workflow_job', payload: job({ labels: [] }), code: 'hosted-by-github' },
    { name: 'null', event: 'installation', payload: null, code: 'no-installation' },
    {
      name: 'a repository name with half a character',
      event: 'workflow_job',
      payload: { ...job(), repository: { full_name: 'acme/app\ud800', owner: { id: 70 } } },
      code: 'job-unusable',
    },
    {
      name: 'a repository name that fills a row',
      event: 'workflow_job',
      payload: { ...job(), repository: { full_name: `acme/${'a'.repeat(400_000)}`, owner: { id: 70 } } },
      code: 'job-unusable',
    },
  ])('$name', async ({ event, payload, code }) => {
    const webhook = givenWebhook();
    const answer = await webhook.deliver(event, payload);
    expect(answer).toMatchObject({ status: 202, body: { outcome: 'ignored' } });
    expect(webhook.queues.sent()).toBe(0);
    expect(webhook.telemetry.total('WebhooksIgnored', { reason: code })).toBe(1);
  });
});

describe('a job event', () => {
  it('goes to the queue of its tier, in the group of its tenant, when it is queued', async () => {
    const webhook = givenWebhook();
    const answer = await webhook.deliver('workflow_job', job());
    expect(answer).toEqual({ status: 202, body: { outcome: 'queued', tier: 'small' } });
    expect(webhook.queues.tiers).toEqual([
      {
        tier: 'small',
        group: 7,
        delaySeconds: 0,
        message: {
          kind: 'job',
          action: 'queued',
          installationId: 7,
          jobId: 11,
          runId: 12,
          repository: 'acme/app',
          repositoryOwnerId: 70,
          labels: ['self-hosted', 'small'],
          tier: 'small',
          queuedAt: Date.UTC(2026, 0, 1),
          receivedAt: Date.UTC(2026, 0, 1),
          delivery: 'd1',
          runnerName: null,
          conclusion: null,
        },
      },
    ]);
    expect(webhook.queues.sent()).toBe(1);
  });

  it.each([
    { name: 'waiting', payload: job({}, 'waiting'), action: 'waiting', tier: 'small' },
    {
      name: 'queued, but held for an approval',
      payload: job({ status: 'waiting' }),
      action: 'waiting',
      tier: 'small',
    },
    { name: 'in_progress', payload: job({}, 'in_progress'), action: 'in_progress', tier: 'small' },
    {
      name: 'queued with labels that no tier has',
      payload: job({ labels: ['self-hosted', 'gpu'] }),
      action: 'queued',
      tier: undefined,
    },
  ])('$name goes to the lifecycle', async ({ payload, action, tier: expected }) => {
    const webhook = givenWebhook();
    expect((await webhook.deliver('workflow_job', payload)).status).toBe(202);
    const [message] = webhook.queues.lifecycle;
    expect(message).toMatchObject({ kind: 'job', action });
    expect((message as { tier?: string }).tier).toBe(expected);
    expect(parseMessage(JSON.stringify(message))).toEqual(message);
    expect(webhook.queues.sent()).toBe(1);
  });

  it('`completed` goes to the queue without batching, since another job may wait for its machine’s lease', async () => {
    const webhook = givenWebhook();
    expect((await webhook.deliver('workflow_job', job({ runner_name: '' }, 'completed'))).status).toBe(202);
    expect(webhook.queues.completions).toMatchObject([{ kind: 'job', action: 'completed', tier: 'small' }]);
    expect(webhook.queues.sent()).toBe(1);
  });

  it('a start goes there too if the job waits for the start gate, and no other start does', async () => {
    const webhook = givenWebhook();
    for (const runner_name of ['i-0123456789abcdef0', 'i-0123456789abcdef0-gated']) {
      await webhook.deliver('workflow_job', job({ runner_name }, 'in_progress'));
    }
    const names = (messages: readonly object[]) =>
      messages.map((message) => (message as { runnerName?: string }).runnerName);
    expect(names(webhook.queues.lifecycle)).toEqual(['i-0123456789abcdef0']);
    expect(names(webhook.queues.completions)).toEqual(['i-0123456789abcdef0-gated']);
  });
});

describe('an installation event', () => {
  it.each(['installation', 'installation_repositories', 'installation_target'])(
    '%s is passed on',
    async (event) => {
      const webhook = givenWebhook();
      const payload = {
        action: 'removed',
        installation: { id: 7 },
        repositories_removed: [{ full_name: 'acme/a' }, {}],
      };
      await webhook.deliver(event, payload);
      expect(webhook.queues.installations).toEqual([
        {
          kind: 'installation',
          event: `${event}.removed`,
          installationId: 7,
          repositoriesRemoved: ['acme/a'],
          delivery: 'd1',
        },
      ]);
      expect(webhook.queues.sent()).toBe(1);
    },
  );
});

describe('the webhook secret', () => {
  it("verifies GitHub's own example", async () => {
    const clock = createMemoryClock();
    const secret = createMemorySecret({ value: "It's a Secret to Everybody", clock });
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const signatures = createSignatures({ secret });
    expect(await signatures.verify(Buffer.from('Hello, World!'), signature)).toBe(true);
    expect(await signatures.verify(Buffer.from('Hello, World?'), signature)).toBe(false);
  });

  it('may be the previous one after a rotation, and not the one before', async () => {
    const webhook = givenWebhook();
    webhook.secret.rotate('second');
    expect((await webhook.deliver('workflow_job', job())).status).toBe(202);
    webhook.secret.rotate('third');
    webhook.clock.advance(300_000);
    expect((await webhook.deliver('workflow_job', job())).status).toBe(401);
    expect((await webhook.deliver('workflow_job', job(), 'second')).status).toBe(202);
  });

  it('is read again for an unknown signature, at most once a minute', async () => {
    const webhook = givenWebhook();
    await webhook.deliver('workflow_job', job());
    webhook.secret.rotate('second');
    webhook.clock.advance(59_000);
    expect((await webhook.deliver('workflow_job', job(), 'second')).status).toBe(401);
    expect(webhook.secret.reads()).toBe(1);
    webhook.clock.advance(1_000);
    expect((await webhook.deliver('workflow_job', job(), 'second')).status).toBe(202);
    for (let n = 0; n < 10; n += 1) await webhook.deliver('workflow_job', job(), 'forged');
    expect(webhook.secret.reads()).toBe(2);
  });
});

describe('a service that fails', () => {
  it('is answered with 503, so that GitHub records a failed delivery', async () => {
    const webhook = givenWebhook();
    webhook.queues.failNext(1);
    expect((await webhook.deliver('workflow_job', job())).status).toBe(503);
    expect(webhook.telemetry.events).toMatchObject([{ level: 'error', name: 'webhook-failed' }]);
    expect((await webhook.deliver('workflow_job', job())).status).toBe(202);
  });

  it('is answered with 503 while the secret was never read', async () => {
    const webhook = givenWebhook();
    webhook.secret.fail();
    expect((await webhook.deliver('workflow_job', job())).status).toBe(503);
  });
});

describe('a message', () => {
  const bytes = (webhook: ReturnType<typeof givenWebhook>) =>
    Buffer.byteLength(
      JSON.stringify([
        ...webhook.queues.tiers,
        ...webhook.queues.lifecycle,
        ...webhook.queues.completions,
        ...webhook.queues.installations,
      ]),
    );
  const largest = 262_144;

  it('has the first labels of a job with too many, and how many more there are', async () => {
    const webhook = givenWebhook();
    const labels = ['self-hosted', ...Array.from({ length: 75_000 }, (_, n) => `label-${n}`)];
    expect((await webhook.deliver('workflow_job', job({ labels }))).status).toBe(202);
    const [message] = webhook.queues.lifecycle as unknown as [{ labels: string[] }];
    expect(message.labels).toHaveLength(21);
    expect(message.labels.at(-1)).toBe('and 74981 more');
    expect(bytes(webhook)).toBeLessThan(largest);
  });

  it('has each label once, even if a job repeats the labels of a tier', async () => {
    const webhook = givenWebhook();
    const labels = Array.from({ length: 75_000 }, (_, n) =>
      n % 2 ? 'small' : n % 3 ? 'Self-Hosted' : 'self-hosted',
    );
    await webhook.deliver('workflow_job', job({ labels }));
    expect(webhook.queues.tiers[0]?.message).toMatchObject({
      labels: ['self-hosted', 'small'],
      tier: 'small',
    });
  });

  it('is small whatever the payload contains', async () => {
    const long = '\ufffe🐛\ud800'.repeat(50_000);
    const webhook = givenWebhook();
    await webhook.deliver(
      'workflow_job',
      job({
        labels: ['self-hosted', ...Array.from({ length: 40 }, (_, n) => `${n}${long.slice(0, 10_000)}`)],
      }),
    );
    await webhook.deliver('workflow_job', job({ runner_name: long, conclusion: long }, 'completed'));
    const removed = Array.from({ length: 20_000 }, (_, n) => ({ full_name: `acme/${'r'.repeat(90)}${n}` }));
    await webhook.deliver('installation', {
      action: long,
      installation: { id: 7 },
      repositories_removed: [...removed, { full_name: long }, {}],
    });
    expect(webhook.queues.sent()).toBe(3);
    expect(bytes(webhook)).toBeLessThan(largest);
    const { lifecycle, completions, installations } = webhook.queues;
    for (const message of nonEmpty([...lifecycle, ...completions, ...installations])) {
      expect(JSON.stringify(message)).not.toMatch(/\\ud8|\ufffe/);
    }
  });
});
