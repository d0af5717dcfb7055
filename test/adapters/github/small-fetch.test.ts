import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAppClient, givenApp } from '../../../lib/adapters/github/app-client.ts';
import { createNewApps } from '../../../lib/adapters/github/new-apps.ts';
import { createSmallFetch } from '../../../lib/adapters/github/small-fetch.ts';

interface Seen {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  readonly port: number | undefined;
}

const seen: Seen[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  const { method, url: path, headers } = request;
  seen.push({ method, path, body, headers, port: request.socket.remotePort });
  answer(request, response);
});
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen.length = 0;
  answer = (_, response) => response.writeHead(201, { link: '<next>', 'x-two': ['a', 'b'] }).end('é 🐛');
});
afterAll(
  () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
);
const post = { method: 'POST', headers: { accept: 'json' }, body: '{"name":"é"}' } as const;

describe('the small fetch', () => {
  it('sends what it is given, and returns what is answered', async () => {
    const reply = await createSmallFetch()(`${url}/a?b=c`, post);
    expect(seen).toMatchObject([{ method: 'POST', path: '/a?b=c', body: '{"name":"é"}' }]);
    expect(seen[0]!.headers).toMatchObject({ accept: 'json', 'content-length': '13' });
    expect([reply.status, reply.url, await reply.text()]).toEqual([201, `${url}/a?b=c`, 'é 🐛']);
    const headers = Object.fromEntries(reply.headers as Iterable<[string, string]>);
    expect(headers).toMatchObject({ link: '<next>', 'x-two': 'a, b' });
    expect(reply.headers.get('link')).toBe('<next>');
    expect(Buffer.from(await reply.arrayBuffer()).toString()).toBe('é 🐛');
  });

  it('reuses its connection for the next call', async () => {
    const fetch = createSmallFetch();
    for (let call = 0; call < 3; call++) await fetch(url, post);
    expect(new Set(seen.map(({ port }) => port)).size).toBe(1);
  });

  it('closes an idle connection, and no other', async () => {
    const closed = new Promise<void>((resolve) => {
      server.once('connection', (socket) => socket.once('close', () => resolve()));
    });
    answer = (_, response) => void setTimeout(() => response.end('late'), 60);
    const reply = await createSmallFetch({ idleMilliseconds: 20 })(url, post);
    expect(await reply.text()).toBe('late');
    await closed;
  });

  it('keeps an idle connection for four seconds', async () => {
    const { setTimeout: usual } = Socket.prototype;
    const waits: number[] = [];
    Socket.prototype.setTimeout = function (milliseconds, ...more) {
      waits.push(milliseconds);
      return usual.call(this, milliseconds, ...more);
    };
    try {
      await createSmallFetch()(url, post);
    } finally {
      Socket.prototype.setTimeout = usual;
    }
    // The first is the client's own; the server's proposal, and its own timeout, are longer.
    expect(waits.find((each) => each > 0)).toBe(4_000);
  });

  it('shares sixty-four connections among simultaneous calls', async () => {
    const held: ServerResponse[] = [];
    answer = (_, response) => {
      held.push(response);
      // The others wait for free connections.
      if (held.length >= 64) for (const each of held.splice(0)) each.end('here');
    };
    const fetch = createSmallFetch();
    await Promise.all(Array.from({ length: 128 }, () => fetch(url, post)));
    expect(new Set(seen.map(({ port }) => port)).size).toBe(64);
  });

  it('throws the reason if its caller gives up', async () => {
    answer = () => undefined;
    const reason = new Error('enough');
    const giveUp = new AbortController();
    const call = createSmallFetch()(url, { ...post, signal: giveUp.signal });
    const thrown = expect(call).rejects.toBe(reason);
    await once(server, 'request');
    giveUp.abort(reason);
    await thrown;
  });

  it('throws if there is no answer, or the answer breaks off', async () => {
    await expect(createSmallFetch()('http://127.0.0.1:9/', post)).rejects.toThrow('ECONNREFUSED');
    answer = (request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setImmediate(() => request.socket.destroy());
    };
    await expect(createSmallFetch()(url, post)).rejects.toThrow('aborted');
  });

  it('leaves redirects to its caller, or to fetch', async () => {
    answer = ({ url: path }, response) =>
      path === '/new' ? response.end('here') : response.writeHead(307, { location: '/new' }).end();
    const { status, headers } = await createSmallFetch()(`${url}/old`, { ...post, redirect: 'manual' });
    expect([status, headers.get('location')]).toEqual([307, '/new']);

    const followed = await createSmallFetch()(`${url}/old`, post);
    expect([followed.status, await followed.text()]).toEqual([200, 'here']);
    expect(seen.at(-1)).toMatchObject({ method: 'POST', path: '/new', body: post.body });
  });
});

describe('an answer of GitHub', () => {
  const sized = (bytes: number) => {
    answer = (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({}).padEnd(bytes));
  };
  const tooLarge = (bytes: number) =>
    expect.stringMatching(
      new RegExp(
        `^The answer of 127\\.0\\.0\\.1:\\d+ is too large: received \\d+ bytes, and ${bytes} are allowed\\.$`,
      ),
    );

  it('may take twenty megabytes in a function: more than a hundred jobs with hundreds of steps each', async () => {
    const fetch = createSmallFetch();
    sized(20_971_520);
    expect(await (await fetch(url, post)).text()).toHaveLength(20_971_520);
    sized(20_971_521);
    await expect(fetch(url, post)).rejects.toMatchObject({ message: tooLarge(20_971_520) });
  });

  it('may have the same size after a redirect', async () => {
    answer = ({ url: path }, response) =>
      path === '/new'
        ? response.end('x'.repeat(20_971_521))
        : response.writeHead(307, { location: '/new' }).end();
    await expect(createSmallFetch()(`${url}/old`, post)).rejects.toMatchObject({
      message: tooLarge(20_971_520),
    });
  });

  it('may take 32 MB for an operator, who reads whole deliveries', async () => {
    const client = createAppClient({ apiUrl: url, app: givenApp({ appId: '1', privateKey: '' }) });
    sized(33_554_432);
    expect((await client.withToken('token', 'GET /any', {})).data).toEqual({});
    sized(33_554_433);
    await expect(client.withToken('token', 'GET /any', {})).rejects.toMatchObject({
      message: tooLarge(33_554_432),
    });
  });

  it('may take twenty megabytes when an App is created; a larger one is requested again, three times in all', async () => {
    const made = JSON.stringify({ id: 42, pem: 'key', name: 'Acme runners' });
    answer = (_, response) => {
      if (seen.length === 1) response.writeHead(201).end(made.padEnd(20_971_521));
      else response.writeHead(503).end('{}');
    };
    const why = 'GitHub answered 503: no reason given';
    const heard = await createNewApps({ apiUrl: url }).convert('code');
    expect(heard).toEqual({ ok: false, kind: 'unreachable', why });
    expect(seen).toHaveLength(3);
  });
});
