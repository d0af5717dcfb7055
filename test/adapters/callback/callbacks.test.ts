import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createCallbacks } from '../../../lib/adapters/callback/callbacks.ts';
import { systemClock } from '../../../lib/adapters/system/clock.ts';
import type { Callback } from '../../../lib/ports/callbacks.ts';
import { acme } from '../../support/given.ts';

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}
type Answer = (seen: Seen, response: ServerResponse, n: number) => void;

const secrets = [Buffer.alloc(24, 1), Buffer.alloc(24, 2)];
const written = secrets.map((secret) => `whsec_${secret.toString('base64')}`);
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function givenController(answer: Answer) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      seen.push({ headers: request.headers, text: Buffer.concat(parts).toString() });
      answer(seen.at(-1)!, response, seen.length);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/admit` };
}

const callback = (url: string, over: Partial<Callback> = {}): Callback => ({
  installationId: acme,
  url,
  secrets: written,
  timeoutMilliseconds: 10_000,
  body: {
    type: 'admission.request',
    id: 'q-1',
    timestamp: '2026-11-21T12:00:00.000Z',
    gate: 'queue',
    controller: 'ctl_1',
    facts: {
      account: { login: 'acme', id: 1, type: 'Organization' },
      repository: { name: 'acme/app' },
      workflow: {},
      run: { id: 5 },
      job: { id: 2, labels: ['self-hosted'], tier: 'small', level: 'organization', group: 'Default' },
    },
  },
  ...over,
});
const onLaptop = createCallbacks({ clock: systemClock, allowsLoopback: true });
const say =
  (body: unknown): Answer =>
  (_, response) =>
    void response.end(JSON.stringify(body));

describe('a callback', () => {
  it('is signed with each secret, over its id, its time and its bytes', async () => {
    const { seen, url } = await givenController(say({ id: 'q-1', decision: 'reject', reason: 'No.' }));
    expect(await onLaptop.ask(callback(url))).toEqual({ kind: 'answered', vote: 'reject', reason: 'No.' });
    const { headers, text } = seen[0]!;
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
    const expected = secrets.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    expect(headers['webhook-id']).toBe('q-1');
    expect(headers['webhook-signature']).toBe(expected.join(' '));
    expect(JSON.parse(text)).toEqual(callback(url).body);
  });

  it('is retried once after a failure that may pass', async () => {
    const { seen, url } = await givenController((_, response, n) => {
      if (n === 1) response.destroy();
      else response.end(JSON.stringify({ id: 'q-1', decision: 'admit' }));
    });
    expect(await onLaptop.ask(callback(url))).toEqual({ kind: 'answered', vote: 'admit' });
    expect(seen.map(({ headers }) => headers['webhook-id'])).toEqual(['q-1', 'q-1']);
  });

  it.each<[string, Answer, number]>([
    ['an error', (_, response) => void response.writeHead(503).end(), 2],
    ['a redirect', (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end(), 1],
    ['another status', (_, response) => void response.writeHead(204).end(), 1],
    ['the id of another question', say({ id: 'q-2', decision: 'admit' }), 1],
    ['something that is not JSON', (_, response) => void response.end('admit'), 1],
    ['too many bytes', (_, response) => void response.end('x'.repeat(100_000)), 2],
  ])('that gets %s has failed', async (_, answer, calls) => {
    const { seen, url } = await givenController(answer);
    expect(await onLaptop.ask(callback(url))).toMatchObject({ kind: 'failed', why: expect.any(String) });
    expect(seen).toHaveLength(calls);
  });

  it('may be answered with 16 KB', async () => {
    const padded = (bytes: number) => JSON.stringify({ id: 'q-1', decision: 'admit' }).padEnd(bytes, ' ');
    const asked = async (bytes: number) => {
      const { url } = await givenController((_, response) => void response.end(padded(bytes)));
      return onLaptop.ask(callback(url));
    };
    expect(await asked(16_384)).toEqual({ kind: 'answered', vote: 'admit' });
    const why = 'its answer is too large: received 16385 bytes, and 16384 are allowed.';
    expect(await asked(16_385)).toEqual({ kind: 'failed', why });
  });

  it('without an answer fails at its timeout', async () => {
    const { url } = await givenController(() => undefined);
    const answer = await onLaptop.ask(callback(url, { timeoutMilliseconds: 500 }));
    expect(answer).toEqual({ kind: 'failed', why: 'no answer within 500 ms', isTimeout: true });
  });

  it('to a name that never resolves fails at its timeout', async () => {
    const callbacks = createCallbacks({ clock: systemClock, resolve: () => new Promise(() => undefined) });
    const asked = callback('https://controller.example.com/', { timeoutMilliseconds: 500 });
    expect(await callbacks.ask(asked)).toEqual({
      kind: 'failed',
      why: 'no answer within 500 ms',
      isTimeout: true,
    });
  });

  it.each([
    ['http://127.0.0.1:1/', []],
    ['https://127.0.0.1/', []],
    ['https://0x7f.1/', []],
    ['https://[::1]/', []],
    ['https://[::ffff:169.254.169.254]/', []],
    ['https://169.254.169.254/latest/meta-data/', []],
    ['https://controller.example.com/', []],
    ['https://controller.example.com/', ['10.0.0.1']],
    ['https://controller.example.com/', ['1.1.1.1', '127.0.0.1']],
    ['http://controller.example.com/', ['1.1.1.1']],
  ])('to %s at %j is not made', async (url, addresses) => {
    const callbacks = createCallbacks({ clock: systemClock, resolve: async () => addresses });
    expect(await callbacks.ask(callback(url))).toEqual({
      kind: 'failed',
      why: expect.stringContaining('no public address'),
    });
  });

  it('resolves the name for each call', async () => {
    const names: string[] = [];
    const resolve = async (name: string) => {
      names.push(name);
      return ['10.0.0.1'];
    };
    const callbacks = createCallbacks({ clock: systemClock, resolve });
    for (let n = 0; n < 2; n += 1) await callbacks.ask(callback('https://controller.example.com/'));
    expect(names).toEqual(['controller.example.com', 'controller.example.com']);
  });
});
