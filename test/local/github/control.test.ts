/** People and tests control the stand-in over HTTP, and it adopts webhooks that they signed by hand. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import examples from '@octokit/webhooks-examples' with { type: 'json' };
import { type GitHubEvent, type GitHubStandIn, startGitHub } from '../../../lib/local/github/start-github.ts';
import { appToken, ask } from './api-client.ts';

type Examples = readonly { name: string; examples: readonly unknown[] }[];

describe('the control', () => {
  let standIn: GitHubStandIn;
  let events: GitHubEvent[];

  beforeEach(async () => {
    events = [];
    standIn = await startGitHub({ onEvent: (event) => events.push(event) });
  });
  afterEach(() => standIn.stop());

  const installation = { id: 77, account: { id: 5, login: 'byhand', type: 'Organization' } };
  const repository = { id: 6, name: 'app', private: true, owner: { id: 5, login: 'byhand' } };
  const queued = (more: object = {}) => ({
    action: 'queued',
    installation: { id: 77 },
    repository,
    workflow_job: { id: 4711, run_id: 8, labels: ['linux'] },
    ...more,
  });

  it('installs, queues and shows over HTTP', async () => {
    const install = { login: 'acme', type: 'Organization', repositories: ['app'], installationId: 42 };
    expect((await ask(standIn, 'POST /_control/installations', { body: install })).body).toMatchObject({
      installationId: 42,
    });
    const job = { repository: 'acme/app', labels: ['linux'], milliseconds: 5 };
    const { status, body } = await ask(standIn, 'POST /_control/jobs', { body: job });
    await ask(standIn, `POST /_control/jobs/${body.jobId}/cancel`);
    await ask(standIn, 'POST /_control/installations/42/suspend');

    expect(status).toBe(201);
    expect((await ask(standIn, 'GET /_control/state')).body).toMatchObject({
      installations: [{ id: 42, login: 'acme', suspended: true }],
      jobs: [{ repository: 'acme/app', status: 'completed', conclusion: 'cancelled' }],
    });
    expect(events.map(({ name }) => name)).toEqual(['installed', 'job-queued', 'job-completed']);
  });

  it.each<[string, string, object, string]>([
    ['an installation without a login', 'POST /_control/installations', {}, 'login is undefined'],
    ['a job without labels', 'POST /_control/jobs', { repository: 'a/b' }, 'labels is undefined'],
    ['a job of an unknown owner', 'POST /_control/jobs', { repository: 'a/b', labels: [] }, 'known: none'],
    [
      'an unknown dial',
      'PUT /_control/dials',
      { latency: 3 },
      'dials has latency; allowed values are latencyMs',
    ],
    ['a dial of the wrong kind', 'PUT /_control/dials', { latencyMs: 'long' }, 'dials.latencyMs is "long"'],
    ['an unknown installation', 'POST /_control/installations/9/suspend', {}, 'There is no installation 9'],
  ])('refuses %s and says what is wrong', async (_title, route, body, words) => {
    const answer = await ask(standIn, route, { body });

    expect(answer).toMatchObject({ status: 422, body: { message: expect.stringContaining(words) } });
  });

  it('fails as many requests of a route as a dial says, and no others', async () => {
    const fault = {
      route: 'GET /app/installations*',
      status: 502,
      count: 2,
      headers: { 'retry-after': '9' },
    };
    const dials = await ask(standIn, 'PUT /_control/dials', { body: { faults: [fault], latencyMs: 20 } });
    const look = (route: string) => ask(standIn, route, { token: appToken(standIn) });
    const before = Date.now();

    expect(dials.status).toBe(200);
    expect((await look('GET /app')).status).toBe(200);
    expect(Date.now() - before).toBeGreaterThanOrEqual(19);
    const answers = [await look('GET /app/installations'), await look('GET /app/installations/1')];
    expect(answers.map(({ status }) => status)).toEqual([502, 502]);
    expect(answers[0]?.headers.get('retry-after')).toBe('9');
    expect((await look('GET /app/installations')).status).toBe(200);
  });

  it('adopts the installation and job of a hand-signed webhook', async () => {
    standIn.adopt('installation', {
      action: 'created',
      installation,
      repositories: [{ id: 6, name: 'app' }],
    });
    standIn.adopt('workflow_job', queued());

    const seen = await ask(standIn, 'GET /app/installations/77', { token: appToken(standIn) });
    expect(seen.body).toMatchObject({ id: 77, account: { id: 5, login: 'byhand' } });
    expect(standIn.state().jobs).toMatchObject([{ id: 4711, repository: 'byhand/app', status: 'queued' }]);
  });

  it('creates the installation of a job that came first, once, but none for a foreign owner', () => {
    standIn.adopt('workflow_job', queued());
    standIn.adopt('workflow_job', queued());
    const foreign = { ...repository, owner: { id: 9, login: 'stranger' } };
    standIn.adopt(
      'workflow_job',
      queued({ repository: foreign, workflow_job: { id: 2, labels: ['linux'] } }),
    );

    expect(standIn.state().installations).toMatchObject([{ id: 77, login: 'byhand' }]);
    expect(standIn.state().jobs).toHaveLength(1);
  });

  it.each([0, -1, '77', 1.5])('creates nothing with an id that GitHub never gives: %j', (id) => {
    standIn.adopt('workflow_job', queued({ installation: { id } }));
    standIn.adopt('workflow_job', queued({ workflow_job: { id, labels: ['linux'] } }));
    expect(standIn.state().installations).toMatchObject([{ id: 77 }]);
    expect(standIn.state().jobs).toEqual([]);
  });

  it('does not bring back a deleted installation', () => {
    standIn.adopt('installation', { action: 'created', installation });
    standIn.adopt('installation', { action: 'deleted', installation });
    standIn.adopt('installation', { action: 'created', installation });

    expect(standIn.state().installations).toEqual([]);
  });

  it('survives every payload that GitHub ever sent, and anything that is not a payload', () => {
    for (const { name, examples: payloads } of examples as unknown as Examples) {
      for (const payload of payloads) standIn.adopt(name, payload);
    }
    for (const odd of [undefined, null, 7, [], {}, { installation: null }, queued({ workflow_job: null })]) {
      standIn.adopt('workflow_job', odd);
    }

    expect(events.filter(({ name }) => name === 'adopt-failed')).toEqual([]);
    expect(standIn.state().installations.length).toBeGreaterThan(0);
  });
});
