/**
 * A controller that is asked by signed callbacks, from its first secret on: a real HTTP server beside the laptop platform,
 * which alone may call one without TLS on this machine. It checks signatures by itself, as the specification describes:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-webhook-authenticity
 */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../lib/cli/run-command.ts';
import defaultConfig from '../../mayfly.config.ts';
import { commands } from '../cli/commands.ts';
import { recordingIo } from '../cli/support.ts';
import { type Account, startWorld, tierLabels, type World } from './support/world.ts';

interface Asked {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly question: { readonly id: string; readonly gate: string; readonly facts: { job: { id: number } } };
}
type Answer = (asked: Asked, response: ServerResponse) => void;

const say =
  (answer: object, over: (asked: Asked) => object = () => ({})): Answer =>
  (asked, response) =>
    void response.end(JSON.stringify({ id: asked.question.id, ...answer, ...over(asked) }));
const admit = say({ decision: 'admit' });

/** Of the signatures that a callback bears, those that this secret made. */
function signedBy(secret: string, { headers, body }: Asked): number {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const own = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  return String(headers['webhook-signature'])
    .split(' ')
    .filter((each) => each === own).length;
}

describe('a controller that is asked by callbacks', () => {
  let world: World;
  let acme: Account;
  let id: string;
  const asked: Asked[] = [];
  /** By job. Absent: it admits. */
  const answers = new Map<number, Answer>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const one = { headers: request.headers, body, question: JSON.parse(body) };
    asked.push(one);
    (answers.get(one.question.facts.job.id) ?? admit)(one, response);
  });
  beforeAll(async () => {
    world = await startWorld();
    acme = await world.install('acme');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/admit`;
    const of = ['--url', url, '--timeout', '10000', '--state', 'enabled'];
    ({ id } = await mayfly('create', 'acme', ...of));
    await mayfly('scope', 'create', 'acme', id, '--installation');
  });
  afterAll(async () => {
    await world?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function mayfly(...args: readonly string[]) {
    const { endpointUrl, operatorCredentials: keys } = world.laptop;
    const environment = {
      AWS_ENDPOINT_URL: endpointUrl,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    };
    const { io, printed } = recordingIo();
    const line = ['controllers', ...args, '--json'];
    const status = await runCommand(commands, line, { config: defaultConfig, io, environment });
    expect([status, printed().error]).toEqual([0, '']);
    return JSON.parse(printed().out);
  }

  const rotate = async (overlap: number): Promise<string> =>
    (await mayfly('secret', 'rotate', 'acme', id, '--overlap', String(overlap))).secret;
  const lastAbout = (jobId: number) =>
    asked.filter(({ question }) => question.facts.job.id === jobId).at(-1)!;
  const decisionOf = async (jobId: number) =>
    (await mayfly('decisions', 'acme', '--job', String(jobId))).at(-1);

  /** The platform hears of the job when this is done. @returns its id */
  function queue(answer: Answer): number {
    const jobId = world.queue(acme, tierLabels('small'));
    answers.set(jobId, answer);
    return jobId;
  }

  it('is called with its secret’s signature; during a rotation with both; then with the new one alone', async () => {
    const admitted = async () => {
      const jobId = queue(admit);
      await world.untilCompleted([jobId]);
      return lastAbout(jobId);
    };
    const first = await rotate(0);
    const alone = await admitted();
    expect(signedBy(first, alone)).toBe(1);
    expect([alone.headers['webhook-id'], alone.question.gate]).toEqual([alone.question.id, 'queue']);
    expect(await decisionOf(alone.question.facts.job.id)).toMatchObject({
      outcome: 'admitted',
      votes: [{ vote: 'admit' }],
    });

    const second = await rotate(3600);
    const both = await admitted();
    expect([signedBy(first, both), signedBy(second, both)]).toEqual([1, 1]);

    const third = await rotate(0);
    const one = await admitted();
    expect([first, second, third].map((secret) => signedBy(secret, one))).toEqual([0, 0, 1]);
  });

  it('rejects a job before a machine is bought, with its reason', async () => {
    const jobId = queue(say({ decision: 'reject', reason: 'Not on a Sunday.' }));
    const row = await world.untilJob(acme, jobId, { state: 'done', reason: 'controller-rejected' });
    expect(JSON.stringify(row)).toContain(
      `The admission controller ${id} rejected the job: Not on a Sunday.`,
    );
    expect(row).not.toHaveProperty('runner');
  });

  it('without a valid answer has its jobs wait, or run if its failure policy admits', async () => {
    const waits = queue(say({ decision: 'perhaps' }));
    await world.untilJob(acme, waits, { state: 'waiting', reason: 'controller-unavailable' });
    world.laptop.github.cancelJob(waits);
    await mayfly('update', 'acme', id, '--on-failure', 'admit');
    const faults: readonly (readonly [string, Answer])[] = [
      [
        'it answered 302',
        (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      ],
      ['it answered 500', (_, response) => void response.writeHead(500).end('{"decision": "reject"}')],
      [
        'its answer has the id of another question',
        say({ decision: 'reject' }, ({ question }) => ({ id: `${question.id}0` })),
      ],
      ['its answer is not JSON', (_, response) => void response.end('reject')],
    ];
    const jobs = faults.map(([, how]) => queue(how));
    await world.untilCompleted(jobs);
    const decisions = await Promise.all(jobs.map(decisionOf));
    expect(decisions).toMatchObject(
      faults.map(([reason]) => ({
        outcome: 'failed-open',
        votes: [{ controllerId: id, vote: 'failed', reason }],
      })),
    );
    expect(world.trouble()).toEqual([]);
  });
});
