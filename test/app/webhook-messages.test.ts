/** What a delivery becomes: its message, field by field, and what GitHub and the operator are told of it. */
import { describe, expect, it } from '@jest/globals';
import { givenWebhook, givenDelivery as job, signed } from '../support/webhook-endpoint.ts';

const receivedAt = Date.UTC(2026, 0, 1);

describe('the message of a job', () => {
  const messageOf = async (payload: unknown) => {
    const webhook = givenWebhook();
    await webhook.deliver('workflow_job', payload);
    return [
      ...webhook.queues.tiers.map(({ message }) => message),
      ...webhook.queues.lifecycle,
      ...webhook.queues.completions,
    ];
  };

  it('has GitHub’s facts about the attempt, the repository, the runner and the end', async () => {
    const repository = {
      id: 71,
      full_name: 'acme/app',
      owner: { id: 70 },
      visibility: 'internal',
      private: true,
    };
    const changes = {
      run_attempt: 2,
      runner_name: 'i-1',
      conclusion: 'success',
      created_at: '2025-12-31T23:59:00Z',
    };
    expect(await messageOf({ ...job(changes, 'completed'), repository })).toMatchObject([
      {
        ...{ action: 'completed', installationId: 7, jobId: 11, runId: 12, runAttempt: 2 },
        ...{ repository: 'acme/app', repositoryId: 71, repositoryOwnerId: 70, visibility: 'internal' },
        ...{ runnerName: 'i-1', conclusion: 'success', delivery: 'd1', receivedAt },
        queuedAt: receivedAt - 60_000,
      },
    ]);
  });

  it('is short, whatever GitHub sends', async () => {
    const text = 'x'.repeat(50_000);
    const [message] = await messageOf(job({ workflow_name: text, runner_name: text, conclusion: text }));
    const { workflow, runnerName, conclusion } = message as unknown as Record<string, string>;
    expect([workflow, runnerName, conclusion].map((one) => one?.length)).toEqual([60, 100, 100]);
  });

  it.each([
    [{ visibility: 'public', private: true }, 'public'],
    [{ visibility: 'private' }, 'private'],
    [{ private: true }, 'private'],
    [{ private: false }, 'public'],
    [{ visibility: 'secret' }, undefined],
    [{ private: 'yes' }, undefined],
  ])('tells from %j that the repository is %s', async (shown, visibility) => {
    const repository = { full_name: 'acme/app', owner: { id: 70 }, ...shown };
    const [message] = await messageOf({ ...job(), repository });
    expect((message as { visibility?: string }).visibility).toBe(visibility);
  });

  it.each([[undefined], ['soon'], [''], [5]])(
    'has its place in line from its arrival if its time is %j',
    async (time) => {
      expect(await messageOf(job({ created_at: time }))).toMatchObject([{ queuedAt: receivedAt }]);
    },
  );

  it('keeps only strings as labels', async () => {
    const [message] = await messageOf(job({ labels: ['self-hosted', 5, '', null, 'small'] }));
    expect(message).toMatchObject({ tier: 'small', labels: ['self-hosted', 'small'] });
  });

  it.each([
    ['the job', job({ id: 0 })],
    ['the job, as a number', job({ id: '11' })],
    ['the run', job({ run_id: -1 })],
    ['the run, as a whole number', job({ run_id: 1.5 })],
    ['the owner', { ...job(), repository: { full_name: 'acme/app' } }],
  ])('is not sent if GitHub names no id of %s', async (_, payload) => {
    const webhook = givenWebhook();
    const { status, body } = await webhook.deliver('workflow_job', payload);
    expect([status, body['outcome'], webhook.queues.sent()]).toEqual([202, 'ignored', 0]);
    expect(webhook.telemetry.total('WebhooksIgnored', { reason: 'job-unusable' })).toBe(1);
  });
});

describe('the message of an installation', () => {
  const messageOf = async (payload: object) => {
    const webhook = givenWebhook();
    await webhook.deliver('installation_repositories', { installation: { id: 7 }, ...payload });
    return webhook.queues.installations;
  };

  it('names the repositories that were removed, by name and by id', async () => {
    const repositories_removed = [{ id: 1, full_name: 'acme/a' }, { id: 0, full_name: 'acme/b' }, { id: 3 }];
    expect(await messageOf({ action: 'removed', repositories_removed })).toMatchObject([
      { repositoriesRemoved: ['acme/a', 'acme/b'], repositoryIdsRemoved: [1, 3] },
    ]);
  });

  it('names a thousand of them at most', async () => {
    const repositories_removed = Array.from({ length: 1_001 }, (_, n) => ({
      id: n + 1,
      full_name: `acme/${n}`,
    }));
    expect(await messageOf({ action: 'removed', repositories_removed })).toMatchObject([
      { repositoriesRemoved: { length: 1_000 }, repositoryIdsRemoved: { length: 1_000 } },
    ]);
  });

  it.each([[undefined], [''], [7]])('is named after the event alone if its action is %j', async (action) => {
    expect(await messageOf({ action })).toEqual([
      expect.objectContaining({ event: 'installation_repositories', repositoriesRemoved: [] }),
    ]);
  });
});

describe('the answer', () => {
  it.each([
    ['workflow_job', job({}, 'in_progress'), { outcome: 'recorded', action: 'in_progress' }],
    ['workflow_job', job({}, 'completed'), { outcome: 'recorded', action: 'completed' }],
    [
      'installation',
      { action: 'created', installation: { id: 7 } },
      { outcome: 'recorded', event: 'installation.created' },
    ],
  ])('to %s says what was recorded', async (event, payload, body) => {
    expect(await givenWebhook().deliver(event, payload)).toEqual({ status: 202, body });
  });

  it('counts why a delivery was refused', async () => {
    const body = JSON.stringify(job());
    const event = { 'x-github-event': 'workflow_job' };
    const largest = 'x'.repeat(4 * 1024 * 1024);
    for (const [text, headers, reason] of [
      [`${largest}x`, event, 'too-large'],
      [largest, event, 'unsigned'],
      [body, event, 'unsigned'],
      [body, signed(body), 'no-event'],
      ['a=b', { ...event, ...signed('a=b') }, 'not-json'],
    ] as const) {
      const webhook = givenWebhook();
      await webhook.post(text, headers);
      expect([reason, webhook.telemetry.total('WebhooksRefused', { reason })]).toEqual([reason, 1]);
    }
  });

  it('names a failed service, and counts the failure under its delivery', async () => {
    const webhook = givenWebhook();
    webhook.queues.failNext(1);
    expect(await webhook.deliver('workflow_job', job())).toMatchObject({
      status: 503,
      body: { outcome: 'failed' },
    });
    expect(webhook.telemetry.total('WebhooksFailed')).toBe(1);
    expect(webhook.telemetry.events).toMatchObject([
      { fields: { delivery: 'd1', reason: expect.any(String) } },
    ]);
  });

  it('is an exception for a bug of ours, so that Lambda counts it', async () => {
    const webhook = givenWebhook();
    webhook.queues.sendToTier = async () => {
      throw new TypeError('a bug');
    };
    await expect(webhook.deliver('workflow_job', job())).rejects.toThrow('a bug');
  });

  it('accepts a delivery without an id', async () => {
    const webhook = givenWebhook();
    const body = JSON.stringify(job());
    await webhook.post(body, { 'x-github-event': 'workflow_job', ...signed(body) });
    expect(webhook.queues.tiers).toMatchObject([{ message: { delivery: 'unnamed' } }]);
  });
});
