/** The controller in examples/ as a process of its own: called back by the adapter, and polling the API. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createCallbacks } from '../../lib/adapters/callback/callbacks.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import type { JobFacts } from '../../lib/core/controllers/facts.ts';
import { JobId } from '../../lib/core/ids.ts';
import { givenApi } from '../support/admission-api.ts';
import { acme, givenEvent } from '../support/given.ts';
import { serveApi } from '../support/serve-api.ts';
import { root } from './markdown.ts';

const file = `${root}/examples/admission-controller/controller.mjs`;
const secrets = [1, 2].map((n) => `whsec_${Buffer.alloc(24, n).toString('base64')}`);
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.on('data', (text) => errors.push(String(text)));
  const gone = new Promise((resolve) => child.once('exit', resolve));
  ends.push(() => {
    child.kill('SIGKILL');
    return gone;
  });
  return { child, errors };
}

/** @returns its URL */
async function listening(env: Record<string, string>): Promise<string> {
  const { child } = start({ PORT: '0', ALLOWED_LABELS: 'self-hosted linux', SECRETS: secrets[1]!, ...env });
  for await (const line of createInterface(child.stdout)) {
    const [port] = /\d+$/.exec(line) ?? [];
    if (port) return `http://127.0.0.1:${port}/`;
  }
  throw new Error('It ended before it listened.');
}

/** A workflow's file, where GitHub would have it. */
async function givenWorkflow(text: string): Promise<string> {
  const server = createServer(({ url }, response) => {
    const path = '/repos/acme/app/contents/.github/workflows/ci.yml?ref=topic%2Fone';
    response.writeHead(url === path ? 200 : 404).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const facts = (labels: readonly string[], run: Partial<JobFacts['run']> = {}): JobFacts => ({
  account: { login: 'acme', id: 1, type: 'Organization' },
  repository: { name: 'acme/app', id: 7 },
  workflow: { path: '.github/workflows/ci.yml' },
  run: { id: 5, event: 'push', ref: 'topic/one', fork: false, ...run },
  job: { id: 2, labels, tier: 'small', level: 'organization', group: 'Default' },
});

const ask = (url: string, about: JobFacts, signedWith = secrets) =>
  createCallbacks({ clock: systemClock, allowsLoopback: true }).ask({
    installationId: acme,
    url,
    secrets: signedWith,
    timeoutMilliseconds: 10_000,
    body: {
      type: 'admission.request',
      id: 'q-1',
      timestamp: new Date(systemClock.now()).toISOString(),
      gate: 'queue',
      controller: 'ctl_1',
      facts: about,
    },
  });

describe('the example of an admission controller', () => {
  it('has less than 80 lines, and imports nothing that has to be installed', () => {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThan(80);
    const imports = lines.filter((line) => line.startsWith('import '));
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((line) => !line.includes(" from 'node:"))).toEqual([]);
  });

  it('answers callbacks by its list of labels, and only such as are signed', async () => {
    const url = await listening({});
    expect(await ask(url, facts(['linux']))).toEqual({ kind: 'answered', vote: 'admit' });
    expect(await ask(url, facts(['linux', 'gpu']))).toEqual({
      kind: 'answered',
      vote: 'reject',
      reason: 'The label gpu is not allowed.',
    });
    expect(await ask(url, facts(['linux']), secrets.slice(0, 1))).toEqual({
      kind: 'failed',
      why: 'it answered 401',
    });
  });

  it('rejects a workflow that uses an action outside its list, and says nothing of a fork’s', async () => {
    const steps = '- uses: "actions/checkout@v4"\n- name: x\n  uses: evil/action@main # no\n';
    const GITHUB_API = await givenWorkflow(`jobs:\n  one:\n    steps:\n${steps}`);
    const strict = await listening({ GITHUB_API, ALLOWED_ACTIONS: 'actions/ docker/login-action@v3' });
    expect(await ask(strict, facts([]))).toMatchObject({
      vote: 'reject',
      reason: 'The action evil/action@main is not allowed.',
    });
    expect(await ask(strict, facts([], { fork: true }))).toMatchObject({ kind: 'failed' });
    const wide = await listening({ GITHUB_API, ALLOWED_ACTIONS: 'actions/ evil/action@main' });
    expect(await ask(wide, facts([]))).toEqual({ kind: 'answered', vote: 'admit' });
  });

  it('polls, and its answers decide', async () => {
    const world = await givenApi();
    const id = await world.given({ state: 'enabled', timeoutMilliseconds: 10_000 });
    await world.call('POST', `/controllers/${id}/scopes`, { body: { kind: 'installation' } });
    const { token } = (await world.call('POST', `/controllers/${id}/tokens`, { body: {} })).body;
    // Half a second of the API's time while a request waits, and as little of ours as it takes to let others work.
    world.waiting.meanwhile = () => new Promise((resolve) => setTimeout(resolve, 5));
    const queue = (n: number, labels: string[]) =>
      world.platform.accept(givenEvent({ jobId: JobId(n), repositoryId: 7, delivery: `d-${n}`, labels }));
    await queue(1, ['self-hosted', 'small']);
    await queue(2, ['self-hosted', 'small', 'x64']);
    await world.platform.deliverAdmission();
    const sent = world.platform.queues.admission;
    sent.splice(0);
    const api = await serveApi(world.api);
    ends.push(() => api.close());
    const env = { ADMISSION_API: api.url, INSTALLATION_ID: String(acme), CONTROLLER_TOKEN: token };
    const { errors } = start({ ...env, ALLOWED_LABELS: 'self-hosted, small' });
    while (sent.length < 2 && errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(errors).toEqual([]);
    await world.platform.deliverAdmission();
    const decisions = await Promise.all(
      [1, 2].map((n) => world.stores.controllers.decisionsOfJob(acme, JobId(n))),
    );
    expect(decisions.flat().map(({ outcome }) => outcome)).toEqual(['admitted', 'rejected']);
  });
});
