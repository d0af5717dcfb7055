/** Every public route of the stand-in, called over HTTP, answers in the shape that GitHub publishes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publicRoutes } from '../../../lib/local/github/public-routes.ts';
import { type GitHubStandIn, startGitHub } from '../../../lib/local/github/start-github.ts';
import { type ApiAnswer, appToken, ask, installationToken } from './api-client.ts';
import { faultsOf } from './github-schema.ts';
import { askAsRunner, openSession } from './runner-client.ts';

const orgRunners = '/orgs/{org}/actions/runners';
const repoRunners = '/repos/{owner}/{repo}/actions/runners';
const groups = '/orgs/{org}/actions/runner-groups';
const actions = '/repos/{owner}/{repo}/actions';
const releases = '/repos/{owner}/{repo}/releases';
const runnerRepository = { owner: 'actions', repo: 'runner' };
const runner = (name: string) => ({ name, labels: ['linux'], runner_group_id: 1 });

/** A route, the caller, the values in its path, its body, and the expected status. */
type Drive = readonly [
  route: string,
  as: 'app' | 'acme' | 'nobody',
  status: number,
  given?: { parts?: object; body?: object },
];

const successes: readonly Drive[] = [
  ['GET /app', 'app', 200],
  ['POST /app-manifests/{code}/conversions', 'nobody', 201],
  ['GET /app/installations', 'app', 200],
  ['GET /app/installations/{installation_id}', 'app', 200],
  [
    'POST /app/installations/{installation_id}/access_tokens',
    'app',
    201,
    { body: { repositories: ['app'] } },
  ],
  ['GET /orgs/{org}/installation', 'app', 200],
  ['GET /users/{username}/installation', 'app', 200],
  ['GET /repos/{owner}/{repo}/installation', 'app', 200],
  ['GET /installation/repositories', 'acme', 200],
  ['GET /rate_limit', 'acme', 200],
  ['GET /meta', 'nobody', 200],
  ['GET /app/hook/config', 'app', 200],
  ['PATCH /app/hook/config', 'app', 200, { body: { secret: 'other' } }],
  ['GET /app/hook/deliveries', 'app', 200],
  ['GET /app/hook/deliveries/{delivery_id}', 'app', 200],
  ['POST /app/hook/deliveries/{delivery_id}/attempts', 'app', 202],
  ...[orgRunners, repoRunners].flatMap((root): Drive[] => [
    [`POST ${root}/generate-jitconfig`, 'acme', 201, { body: runner(`second ${root}`) }],
    [`GET ${root}`, 'acme', 200],
    [`GET ${root}/downloads`, 'acme', 200],
  ]),
  [`GET ${orgRunners}/{runner_id}`, 'acme', 200],
  [`GET ${repoRunners}/{runner_id}`, 'acme', 200, { parts: { runner_id: 'repoRunner' } }],
  [`DELETE ${orgRunners}/{runner_id}`, 'acme', 204],
  [`DELETE ${repoRunners}/{runner_id}`, 'acme', 204, { parts: { runner_id: 'repoRunner' } }],
  [`GET ${groups}`, 'acme', 200],
  [`POST ${groups}`, 'acme', 201, { body: { name: 'own', visibility: 'selected' } }],
  [`GET ${groups}/{runner_group_id}`, 'acme', 200],
  [`PATCH ${groups}/{runner_group_id}`, 'acme', 200, { body: { name: 'Everyone' } }],
  [
    `PUT ${groups}/{runner_group_id}/repositories`,
    'acme',
    204,
    { parts: { runner_group_id: 'otherGroup' }, body: { selected_repository_ids: [] } },
  ],
  [`GET ${groups}/{runner_group_id}/repositories`, 'acme', 200],
  ['GET /repos/{owner}/{repo}', 'acme', 200],
  [
    `PUT ${groups}/{runner_group_id}/repositories/{repository_id}`,
    'acme',
    204,
    { parts: { runner_group_id: 'otherGroup' } },
  ],
  [
    `DELETE ${groups}/{runner_group_id}/repositories/{repository_id}`,
    'acme',
    204,
    { parts: { runner_group_id: 'otherGroup' } },
  ],
  [`DELETE ${groups}/{runner_group_id}`, 'acme', 204, { parts: { runner_group_id: 'otherGroup' } }],
  [`GET ${actions}/jobs/{job_id}`, 'acme', 200],
  [`GET ${actions}/runs`, 'acme', 200],
  [`GET ${actions}/runs/{run_id}`, 'acme', 200],
  [`GET ${actions}/runs/{run_id}/jobs`, 'acme', 200],
  [`GET ${actions}/runs/{run_id}/attempts/{attempt_number}/jobs`, 'acme', 200],
  [`POST ${actions}/jobs/{job_id}/rerun`, 'acme', 201],
  [`GET ${actions}/workflows`, 'acme', 200],
  [
    `POST ${actions}/workflows/{workflow_id}/dispatches`,
    'acme',
    200,
    { body: { ref: 'main', return_run_details: true } },
  ],
  [`GET ${actions}/permissions`, 'acme', 200],
  [`POST ${actions}/runs/{run_id}/rerun-failed-jobs`, 'acme', 201],
  [`GET ${releases}/latest`, 'nobody', 200, { parts: runnerRepository }],
  [`GET ${releases}/tags/{tag}`, 'nobody', 200, { parts: { ...runnerRepository, tag: 'v2.337.0' } }],
  ['DELETE /installation/token', 'acme', 204],
];

const refusals: readonly Drive[] = [
  ['POST /app-manifests/{code}/conversions', 'nobody', 404, { parts: { code: 'used-up' } }],
  [`GET ${releases}/tags/{tag}`, 'nobody', 404, { parts: { ...runnerRepository, tag: 'v1.0.0' } }],
  ['GET /app', 'nobody', 401],
  ['GET /installation/repositories', 'app', 401],
  ['GET /app/installations/{installation_id}', 'app', 404, { parts: { installation_id: 1 } }],
  ['POST /app/installations/{installation_id}/access_tokens', 'app', 404, { parts: { installation_id: 1 } }],
  [
    'POST /app/installations/{installation_id}/access_tokens',
    'app',
    422,
    { body: { repositories: ['none'] } },
  ],
  [
    'POST /app/installations/{installation_id}/access_tokens',
    'app',
    422,
    { body: { permissions: { pages: 'write' } } },
  ],
  [
    'POST /app/installations/{installation_id}/access_tokens',
    'app',
    403,
    { parts: { installation_id: 'suspended' } },
  ],
  ['GET /app/hook/deliveries', 'app', 400, { parts: { query: '?status=odd' } }],
  ['GET /orgs/{org}/installation', 'app', 404, { parts: { org: 'none' } }],
  ['GET /repos/{owner}/{repo}/installation', 'app', 404, { parts: { repo: 'none' } }],
  ...[orgRunners, repoRunners].flatMap((root): Drive[] => [
    [`POST ${root}/generate-jitconfig`, 'acme', 422, { body: { name: 'x' } }],
    [`POST ${root}/generate-jitconfig`, 'acme', 422, { body: { ...runner('x'), runner_group_id: 77 } }],
    [
      `POST ${root}/generate-jitconfig`,
      'acme',
      422,
      { body: { ...runner('x'), labels: Array(101).fill('l') } },
    ],
    [
      `POST ${root}/generate-jitconfig`,
      'acme',
      404,
      { parts: { org: 'other', repo: 'other' }, body: runner('x') },
    ],
    [`GET ${root}/{runner_id}`, 'acme', 404, { parts: { runner_id: 1 } }],
  ]),
  [`POST ${orgRunners}/generate-jitconfig`, 'acme', 409, { body: runner('busy') }],
  [`DELETE ${orgRunners}/{runner_id}`, 'acme', 422, { parts: { runner_id: 'busyRunner' } }],
  [`GET ${groups}/{runner_group_id}`, 'acme', 404, { parts: { runner_group_id: 77 } }],
  [`POST ${groups}`, 'acme', 422, { body: {} }],
  [`POST ${groups}`, 'acme', 422, { body: { name: 'strange', selected_repository_ids: [7] } }],
  [`PUT ${groups}/{runner_group_id}/repositories`, 'acme', 422, { body: { selected_repository_ids: [] } }],
  [`PUT ${groups}/{runner_group_id}/repositories/{repository_id}`, 'acme', 422],
  [
    `PUT ${groups}/{runner_group_id}/repositories/{repository_id}`,
    'acme',
    404,
    { parts: { runner_group_id: 'otherGroup', repository_id: 7 } },
  ],
  [`DELETE ${groups}/{runner_group_id}`, 'acme', 422],
  [`GET ${actions}/jobs/{job_id}`, 'acme', 404, { parts: { job_id: 1 } }],
  [`POST ${actions}/jobs/{job_id}/rerun`, 'acme', 403, { parts: { job_id: 'openJob' } }],
  [`POST ${actions}/workflows/{workflow_id}/dispatches`, 'acme', 404, { parts: { workflow_id: 9 } }],
  [`POST ${actions}/workflows/{workflow_id}/dispatches`, 'acme', 422, { body: {} }],
  [`POST ${actions}/workflows/{workflow_id}/dispatches`, 'acme', 422, { body: { ref: 'other' } }],
  [
    `POST ${actions}/workflows/{workflow_id}/dispatches`,
    'acme',
    422,
    { parts: { workflow_id: 1 }, body: { ref: 'main' } },
  ],
];

describe("GitHub's schema", () => {
  let standIn: GitHubStandIn;
  let acmeToken: string;
  /** Names in the tables above, and what they mean in this world. */
  let known: Record<string, string | number>;

  beforeAll(async () => {
    standIn = await startGitHub();
    standIn.setWebhook({ url: 'http://127.0.0.1:9/none', secret: 's' });
    const acme = standIn.install({ login: 'acme', repositories: ['app'] });
    const suspended = standIn.install({ login: 'late', repositories: ['app'] });
    standIn.suspend(suspended.installationId);
    acmeToken = await installationToken(standIn, acme.installationId);
    known = {
      ...(await givenRunnersAndJobs()),
      installation_id: acme.installationId,
      suspended: suspended.installationId,
    };
    await standIn.settle();
    const deliveries = await ask(standIn, 'GET /app/hook/deliveries', { token: appToken(standIn) });
    known['delivery_id'] = deliveries.body[0].id;
  });
  afterAll(() => standIn.stop());

  async function givenRunnersAndJobs() {
    const register = (at: string, name: string) =>
      ask(standIn, `POST ${at}/actions/runners/generate-jitconfig`, { token: acmeToken, body: runner(name) });
    const first = await register('/orgs/acme', 'first');
    const repoRunner = await register('/repos/acme/app', 'first');
    const [done, busy] = [await register('/orgs/acme', 'done'), await register('/orgs/acme', 'busy')];
    const job = standIn.queueJob({ repository: 'acme/app', labels: ['linux'] });
    await openSession(done.body.encoded_jit_config);
    await askAsRunner(done.body.encoded_jit_config, `POST /_runner/jobs/${job.jobId}/completed`);
    const openJob = standIn.queueJob({ repository: 'acme/app', labels: ['linux'] });
    await openSession(busy.body.encoded_jit_config);
    return {
      code: await manifestCode(),
      org: 'acme',
      owner: 'acme',
      repo: 'app',
      username: 'acme',
      runner_group_id: 1,
      repository_id: await appId(),
      otherGroup: standIn.setGroup('acme', { name: 'other', visibility: 'selected' }).groupId,
      attempt_number: 1,
      workflow_id: standIn.setWorkflow('acme/app', { name: 'By hand', dispatchable: true }).workflowId,
      runner_id: first.body.runner.id,
      repoRunner: repoRunner.body.runner.id,
      busyRunner: busy.body.runner.id,
      job_id: job.jobId,
      run_id: job.runId,
      openJob: openJob.jobId,
    };
  }

  async function appId(): Promise<number> {
    const { body } = await ask(standIn, 'GET /repos/acme/app', { token: acmeToken });
    return body.id;
  }

  /** As a browser: the form is posted to GitHub's page, which redirects back. */
  async function manifestCode(): Promise<string> {
    const manifest = JSON.stringify({
      redirect_url: 'http://127.0.0.1:1/',
      hook_attributes: { url: standIn.url },
    });
    const page = await fetch(`${standIn.url}/settings/apps/new?state=word`, {
      method: 'POST',
      body: new URLSearchParams({ manifest }),
      redirect: 'manual',
    });
    return new URL(page.headers.get('location') ?? '').searchParams.get('code') ?? '';
  }

  async function drive([route, as, , given = {}]: Drive): Promise<ApiAnswer> {
    const parts: Record<string, unknown> = { ...known, ...given.parts };
    const valueFor = (name: string) => known[String(parts[name])] ?? parts[name];
    const path = route.replace(/\{(\w+)\}/g, (_match, name) => String(valueFor(name)));
    const tokens = { app: { token: appToken(standIn) }, acme: { token: acmeToken }, nobody: {} };
    const body = given.body ? { body: given.body } : {};
    return ask(standIn, path + (parts['query'] ?? ''), { ...tokens[as], ...body });
  }

  it.each(refusals)('%s as %s: refuses with %i as GitHub words it', async (...row) => {
    const answer = await drive(row);

    expect(answer).toMatchObject({ status: row[2], body: { message: expect.any(String) } });
    expect(faultsOf(row[0], answer)).toEqual([]);
  });

  it.each(successes)('%s as %s: answers %i in the shape of the schema', async (...row) => {
    const answer = await drive(row);

    expect(answer).toMatchObject({ status: row[2] });
    expect(faultsOf(row[0], answer)).toEqual([]);
  });

  it('has tested every public route that exists', () => {
    const routes = publicRoutes({} as never).map(({ method, pattern }) => `${method} ${pattern}`);

    expect(successes.map(([route]) => route).toSorted()).toEqual(routes.toSorted());
  });

  it('would notice an answer of another shape, and a route that GitHub does not have', () => {
    const answer = { status: 200, headers: new Headers(), body: { id: 'text' } };

    expect(faultsOf('GET /app', answer)).toContain('/id must be integer');
    expect(faultsOf('GET /none', answer)).toEqual(['GitHub has no GET /none']);
  });
});
