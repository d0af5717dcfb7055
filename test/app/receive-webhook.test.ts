/** The webhook's answers, and what each delivery costs: nothing when refused, one message when accepted. */
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createMemoryClock } from '../../lib/adapters/memory/clock.ts';
import { createMemoryQueues } from '../../lib/adapters/memory/queues.ts';
import { createMemorySecret } from '../../lib/adapters/memory/secrets.ts';
import { createMemoryTelemetry } from '../../lib/adapters/memory/telemetry.ts';
import { createSignatures } from '../../lib/adapters/signature/signatures.ts';
import { receiveWebhook } from '../../lib/app/receive-webhook.ts';
import type { Deployment } from '../../lib/contract/deployment.ts';
import { parseMessage } from '../../lib/contract/messages.ts';
import { TierName } from '../../lib/core/ids.ts';

const secretText = 'hush';
const tier = (name: string) => ({
  name: TierName(name),
  labels: ['self-hosted', 'linux', 'x64', name],
  os: 'linux' as const,
  architecture: 'x64' as const,
  instanceTypes: ['t3.medium'],
  maxRunners: 2,
  spot: false,
});
const deployment: Deployment = {
  environment: 'test',
  region: 'eu-west-1',
  tiers: [tier('small'), tier('large')],
  defaultTier: TierName('small'),
  onboarding: 'open',
  githubAppId: '1',
  runnerGroupId: 1,
  limits: { bootSeconds: 300, idleSeconds: 300, jobSeconds: 21_600, waitSeconds: 86_400 },
};

function givenDoor() {
  const clock = createMemoryClock();
  const secret = createMemorySecret({ value: secretText, clock });
  const queues = createMemoryQueues();
  const telemetry = createMemoryTelemetry();
  const deps = { deployment, signatures: createSignatures({ secret }), queues, telemetry, clock };
  const post = (body: string | Buffer, headers: Record<string, string>) =>
    receiveWebhook(deps, { headers, body: Buffer.from(body) });
  const deliver = (event: string, payload: unknown, secretUsed = secretText) => {
    const body = JSON.stringify(payload);
    return post(body, { 'x-github-event': event, 'x-github-delivery': 'd1', ...signed(body, secretUsed) });
  };
  return { clock, secret, queues, telemetry, post, deliver };
}

const signed = (body: string, secret = secretText) => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

const job = (changes: Record<string, unknown> = {}, action = 'queued') => ({
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
    const door = givenDoor();
    const answer = await door.post(given.body, given.headers as Record<string, string>);
    expect(answer).toMatchObject({ status: given.status, body: { outcome: 'refused' } });
    expect(door.queues.sent()).toBe(0);
    expect(door.telemetry.total('WebhookRefused')).toBe(1);
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
  ])('$name', async ({ event, payload, code }) => {
    const door = givenDoor();
    const answer = await door.deliver(event, payload);
    expect(answer).toMatchObject({ status: 202, body: { outcome: 'ignored' } });
    expect(door.queues.sent()).toBe(0);
    expect(door.telemetry.total('WebhookIgnored', { code })).toBe(1);
  });
});

describe('a job event', () => {
  it('goes to the queue of its tier, in the group of its tenant, when it is queued', async () => {
    const door = givenDoor();
    const answer = await door.deliver('workflow_job', job());
    expect(answer).toEqual({ status: 202, body: { outcome: 'queued', tier: 'small' } });
    expect(door.queues.tiers).toEqual([
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
          delivery: 'd1',
          runnerName: null,
          conclusion: null,
        },
      },
    ]);
    expect(door.queues.sent()).toBe(1);
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
    { name: 'completed', payload: job({ runner_name: '' }, 'completed'), action: 'completed', tier: 'small' },
    {
      name: 'queued with labels that no tier has',
      payload: job({ labels: ['self-hosted', 'gpu'] }),
      action: 'queued',
      tier: undefined,
    },
  ])('$name goes to the lifecycle', async ({ payload, action, tier: expected }) => {
    const door = givenDoor();
    expect((await door.deliver('workflow_job', payload)).status).toBe(202);
    const [message] = door.queues.lifecycle;
    expect(message).toMatchObject({ kind: 'job', action });
    expect((message as { tier?: string }).tier).toBe(expected);
    expect(parseMessage(JSON.stringify(message))).toEqual(message);
    expect(door.queues.sent()).toBe(1);
  });
});

describe('an installation event', () => {
  it.each(['installation', 'installation_repositories', 'installation_target'])(
    '%s is passed on',
    async (event) => {
      const door = givenDoor();
      const payload = {
        action: 'removed',
        installation: { id: 7 },
        repositories_removed: [{ full_name: 'acme/a' }, {}],
      };
      await door.deliver(event, payload);
      expect(door.queues.installations).toEqual([
        {
          kind: 'installation',
          event: `${event}.removed`,
          installationId: 7,
          repositoriesRemoved: ['acme/a'],
          delivery: 'd1',
        },
      ]);
      expect(door.queues.sent()).toBe(1);
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
    const door = givenDoor();
    door.secret.rotate('second');
    expect((await door.deliver('workflow_job', job())).status).toBe(202);
    door.secret.rotate('third');
    door.clock.advance(300_000);
    expect((await door.deliver('workflow_job', job())).status).toBe(401);
    expect((await door.deliver('workflow_job', job(), 'second')).status).toBe(202);
  });

  it('is read again for an unknown signature, at most once a minute', async () => {
    const door = givenDoor();
    await door.deliver('workflow_job', job());
    door.secret.rotate('second');
    door.clock.advance(59_000);
    expect((await door.deliver('workflow_job', job(), 'second')).status).toBe(401);
    expect(door.secret.reads()).toBe(1);
    door.clock.advance(1_000);
    expect((await door.deliver('workflow_job', job(), 'second')).status).toBe(202);
    for (let n = 0; n < 10; n += 1) await door.deliver('workflow_job', job(), 'forged');
    expect(door.secret.reads()).toBe(2);
  });
});

describe('a service that fails', () => {
  it('is answered with 503, so that GitHub records a failed delivery', async () => {
    const door = givenDoor();
    door.queues.failNext(1);
    expect((await door.deliver('workflow_job', job())).status).toBe(503);
    expect(door.telemetry.events).toMatchObject([{ level: 'error', name: 'webhook-failed' }]);
    expect((await door.deliver('workflow_job', job())).status).toBe(202);
  });

  it('is answered with 503 while the secret was never read', async () => {
    const door = givenDoor();
    door.secret.fail();
    expect((await door.deliver('workflow_job', job())).status).toBe(503);
  });
});

describe("GitHub's published payloads", () => {
  const examples = createRequire(import.meta.url)('@octokit/webhooks-examples/api.github.com/index.json') as {
    name: string;
    examples: unknown[];
  }[];

  it('are all answered with 2xx, and every message that comes of them can be read', async () => {
    const door = givenDoor();
    let delivered = 0;
    for (const { name, examples: payloads } of examples) {
      for (const payload of payloads) {
        expect(await door.deliver(name, payload)).toMatchObject({ status: 202 });
        delivered += 1;
      }
    }
    expect(delivered).toBe(329);
    const messages = [
      ...door.queues.tiers.map((sent) => sent.message),
      ...door.queues.lifecycle,
      ...door.queues.installations,
    ];
    expect(messages.length).toBe(door.queues.sent());
    expect(door.queues.installations.length).toBe(10);
    for (const message of messages) expect(parseMessage(JSON.stringify(message))).toEqual(message);
  });
});

describe('a signed payload of any shape', () => {
  const odd = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom(1, 'queued', 'waiting', 'completed'));
  const fields = (...names: string[]) =>
    fc.record(Object.fromEntries(names.map((name) => [name, odd])), { requiredKeys: [] });
  const payload = fc.oneof(
    fc.jsonValue(),
    fc.record({
      action: odd,
      installation: fc.oneof(odd, fc.record({ id: fc.nat() })),
      repository: fc.oneof(odd, fc.record({ full_name: odd, owner: fields('id') })),
      repositories_removed: odd,
      workflow_job: fc.oneof(
        fields('id', 'run_id', 'labels', 'status', 'created_at', 'runner_name'),
        fc.record({ id: fc.nat(), run_id: fc.nat(), labels: fc.constant(['self-hosted']), created_at: odd }),
      ),
    }),
  );
  const event = fc.constantFrom('workflow_job', 'installation', 'installation_repositories', 'ping');

  it('gets a 2xx, and sends one message at most, which can be read', async () => {
    await fc.assert(
      fc.asyncProperty(event, payload, async (name, given) => {
        const { deliver, queues } = givenDoor();
        expect((await deliver(name, given)).status).toBe(202);
        const messages = [
          ...queues.tiers.map(({ message }) => message),
          ...queues.lifecycle,
          ...queues.installations,
        ];
        expect(messages.length).toBeLessThanOrEqual(1);
        for (const message of messages) expect(parseMessage(JSON.stringify(message))).toEqual(message);
      }),
      { numRuns: 300 },
    );
  });
});
