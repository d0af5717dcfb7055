/**
 * The API of admission controllers as a tenant's administrator meets it, on the deployed function: everything from the first
 * token, which the operator makes, to the last deletion.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../lib/cli/run-command.ts';
import defaultConfig from '../../mayfly.config.ts';
import { commands } from '../cli/commands.ts';
import { recordingIo } from '../cli/support.ts';
import { markedBlocks, root } from '../docs/markdown.ts';
import { type Account, startWorld, tierLabels, type World } from './support/world.ts';

describe('the API of admission controllers', () => {
  let world: World;
  let acme: Account;
  let globex: Account;
  let token: string;
  beforeAll(async () => {
    world = await startWorld();
    acme = await world.install('acme');
    globex = await world.install('globex');
    token = (await mayfly('controllers', 'token', 'create', 'globex', '--json')).token;
  });
  afterAll(() => world?.close());

  function operator() {
    const { endpointUrl, operatorCredentials: keys } = world.laptop;
    return {
      AWS_ENDPOINT_URL: endpointUrl,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    };
  }

  async function mayfly(...args: readonly string[]) {
    const { io, printed } = recordingIo();
    const environment = operator();
    const status = await runCommand(commands, args, { config: defaultConfig, io, environment });
    expect([status, printed().error]).toEqual([0, '']);
    return JSON.parse(printed().out);
  }

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const url = `${world.laptop.admissionApiUrl}v1/installations/${globex.installationId}${path}`;
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
  }

  it('evaluates the first rule of docs/ADMISSION.md, created by its commands', async () => {
    const [script = ''] = markedBlocks('docs/ADMISSION.md', 'first-rule');
    const npx = `npx() { shift; '${process.execPath}' bin/mayfly-cli.ts "$@"; }`;
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', `${npx}\n${script}`], {
      cwd: root,
      env: { ...process.env, ...operator() },
    });
    expect(stdout).toMatch(/^ {2}ctl_\w+ {2}admit \(disabled\)$/m);
    expect(stdout).toMatch(/^ctl_\w+ {2}enabled {2}rules {2}the whole installation {2}small machines only$/m);
    const refused = world.queue(acme, tierLabels('medium'));
    const row = await world.untilJob(acme, refused, { state: 'done', reason: 'controller-rejected' });
    expect(JSON.stringify(row)).toContain('Ask the platform team for larger machines.');
    const admitted = world.queue(acme, tierLabels('small'));
    await world.untilCompleted([admitted]);
    const decisions = await mayfly('controllers', 'decisions', 'acme', '--json');
    const outcomes = decisions.map(({ jobId, outcome }: { jobId: number; outcome: string }) => [
      jobId,
      outcome,
    ]);
    expect(outcomes).toEqual(
      expect.arrayContaining([
        [refused, 'rejected'],
        [admitted, 'admitted'],
      ]),
    );
    const [{ id }] = await mayfly('controllers', 'list', 'acme', '--json');
    await mayfly('controllers', 'delete', 'acme', id, '--json');
    await world.untilRest();
  });

  it('takes a controller through its life, and its changes reach the tenant’s row', async () => {
    const rules = [{ reject: 'job.tier == "large"', reason: 'Ask the platform team for large machines.' }];
    const made = await call('POST', '/controllers', { transport: { kind: 'rules', rules } });
    expect(made).toMatchObject({ status: 201, body: { state: 'disabled', version: 1 } });
    const path = `/controllers/${made.body.id}`;
    const scoped = await mayfly(
      'controllers',
      'scope',
      'create',
      'globex',
      made.body.id,
      '--repository',
      'app',
      '--json',
    );
    const [{ id, target }] = scoped.scopes;
    expect((await call('DELETE', `${path}/scopes/${id}`)).status).toBe(204);
    expect((await call('POST', `${path}/scopes`, target)).status).toBe(201);
    const foreign = await call('POST', `${path}/scopes`, { kind: 'repository', repositoryId: 999_999_999 });
    expect(foreign).toMatchObject({ status: 422, body: { code: 'foreign-target' } });
    const changed = await call('PATCH', path, { state: 'enabled' }, { 'if-match': '"4"' });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"5"']);
    expect(await world.tenant(globex)).toMatchObject({ admission_epoch: 5 });
    expect((await call('PATCH', path, { state: 'disabled' }, { 'if-match': '"4"' })).status).toBe(412);
    expect((await call('DELETE', path, undefined, { 'if-match': '*' })).status).toBe(204);
    expect(await world.tenant(globex)).not.toHaveProperty('admission_epoch');
    const audit = await mayfly('audit', 'globex', '--json');
    const actions = audit.map(({ action }: { action: string }) => action);
    expect(actions.filter((action: string) => action.startsWith('controller-')).toSorted()).toEqual([
      'controller-created',
      'controller-deleted',
      'controller-scope-added',
      'controller-scope-added',
      'controller-scope-removed',
      'controller-state-changed',
      'controller-token-created',
    ]);
  });

  it('creates and revokes a controller’s tokens and secrets', async () => {
    const made = await call('POST', '/controllers', {
      transport: { kind: 'https', url: 'https://admit.example.com/' },
    });
    const path = `/controllers/${made.body.id}`;
    const first = await call('POST', `${path}/tokens`, {});
    const second = await call('POST', `${path}/tokens/${first.body.id}/rotate`, { overlapSeconds: 0 });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect((await call('GET', `${path}/tokens`)).body.tokens).toMatchObject([{ id: second.body.id }]);
    expect((await call('DELETE', `${path}/tokens/${second.body.id}`)).status).toBe(204);
    expect((await call('POST', `${path}/secrets`, {})).body.secret).toMatch(/^whsec_/);
    expect((await call('GET', '/decisions')).body).toEqual({ decisions: [] });
    const stranger = await call('GET', '/controllers', undefined, { authorization: 'Bearer mfa_guessed' });
    expect([stranger.status, stranger.headers.get('content-type')]).toEqual([
      401,
      'application/problem+json',
    ]);
    expect(world.trouble()).toEqual([]);
  });

  it('asks a controller that polls, and applies an answer that comes in time', async () => {
    const transport = { kind: 'poll' };
    const made = await call('POST', '/controllers', {
      transport,
      state: 'enabled',
      timeoutMilliseconds: 10_000,
      // GitHub's word about the run.
      match: 'run.event == "push"',
    });
    const path = `/controllers/${made.body.id}`;
    await call('POST', `${path}/scopes`, { kind: 'installation' });
    const own = await call('POST', `${path}/tokens`, {});
    const as = { authorization: `Bearer ${own.body.token}` };
    const waiting = call('GET', '/questions', undefined, as);
    const refused = world.queue(globex, tierLabels('small'));
    let found = await waiting;
    // On a slow machine an answer may come too late; then the job is asked about again.
    for (let status = 0; status !== 204; ) {
      const [question] = found.body.questions;
      if (question) {
        expect(question.facts).toMatchObject({ run: { event: 'push', attempt: 1, fork: false } });
        const answer = { decision: 'reject', reason: 'Not on a Sunday.' };
        status = (await call('POST', `/questions/${question.id}/answer`, answer, as)).status;
      }
      if (status !== 204) found = await call('GET', '/questions', undefined, as);
    }
    const row = await world.untilJob(globex, refused, { state: 'done', reason: 'controller-rejected' });
    expect(JSON.stringify(row)).toContain('Not on a Sunday.');
    expect((await call('GET', path)).body).toMatchObject({ connected: true });
    expect((await call('DELETE', path, undefined, { 'if-match': '*' })).status).toBe(204);
    expect(world.trouble()).toEqual([]);
  });

  it('follows the calls of docs/ADMISSION.md', async () => {
    const [script = ''] = markedBlocks('docs/ADMISSION.md', 'api-rule');
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: root,
      env: {
        ...process.env,
        ADMISSION_API: world.laptop.admissionApiUrl,
        INSTALLATION_ID: String(globex.installationId),
        TOKEN: token,
      },
    });
    expect(stdout).toContain('"vote":"reject","reason":"Forks run on the runners of GitHub."');
    const [id] = /ctl_\w{16}/.exec(stdout) ?? [];
    expect((await call('GET', `/controllers/${id}`)).body).toMatchObject({
      state: 'enabled',
      description: 'no forks',
      scopes: [{ target: { kind: 'installation' } }],
    });
    expect((await call('DELETE', `/controllers/${id}`, undefined, { 'if-match': '*' })).status).toBe(204);
  });
});
