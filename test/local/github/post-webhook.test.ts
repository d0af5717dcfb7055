/** What GitHub records about a webhook's delivery, depending on the receiver's answer. */
import { Agent, createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { postWebhook } from '../../../lib/local/github/post-webhook.ts';

const agent = new Agent({ keepAlive: true });
let server: Server | undefined;
afterEach(async () => {
  agent.destroy();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

async function givenAddress(answer: RequestListener): Promise<string> {
  const opened = createServer(answer);
  server = opened;
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(opened.address() as AddressInfo).port}/`;
}

const send = (url: string, stop = new AbortController().signal) =>
  postWebhook({ url, headers: { 'x-github-event': 'ping' }, body: '{"zen":"…"}', agent, stop });

describe('a webhook', () => {
  it('arrives with its headers and its bytes, and its answer is recorded', async () => {
    const seen: string[] = [];
    const url = await givenAddress(async (request, response) => {
      let body = '';
      for await (const part of request.setEncoding('utf8')) body += part;
      seen.push(String(request.method), String(request.headers['x-github-event']), body);
      response.writeHead(202, { 'X-Answer': ['a', 'b'] }).end('taken');
    });

    const outcome = await send(url);

    expect(seen).toEqual(['POST', 'ping', '{"zen":"…"}']);
    expect(outcome).toMatchObject({ status: 'OK', statusCode: 202, responseBody: 'taken' });
    expect(outcome.responseHeaders['x-answer']).toBe('a, b');
  });

  it('fails if the answer is a refusal or a redirect, which is not followed', async () => {
    const url = await givenAddress((request, response) => {
      response.writeHead(request.url === '/' ? 302 : 200, { location: '/elsewhere' }).end();
    });

    expect(await send(url)).toMatchObject({ status: 'Invalid HTTP Response: 302', statusCode: 302 });
  });

  it('keeps only the beginning of a long answer', async () => {
    const url = await givenAddress((_, response) => void response.end('x'.repeat(300_000)));

    expect((await send(url)).responseBody).toBe('x'.repeat(10_000));
  });

  it.each([
    ['nobody listens', async () => 'http://127.0.0.1:1/'],
    ['the URL is invalid', async () => 'nonsense'],
    ['the protocol is not HTTP', async () => 'ftp://127.0.0.1/'],
    ['the connection breaks', () => givenAddress((request) => void request.socket.destroy())],
    [
      'it breaks within the answer',
      () =>
        givenAddress((request, response) => {
          response.writeHead(200, { 'content-length': 10 }).write('four', () => request.socket.destroy());
        }),
    ],
  ])('did not arrive if %s', async (_, address) => {
    expect(await send(await address())).toMatchObject({ status: 'failed to connect to host', statusCode: 0 });
  });

  it('arrives though the receiver closes an idle connection just when it is used again', async () => {
    const used = new WeakSet<object>();
    const url = await givenAddress((request, response) => {
      if (used.has(request.socket)) return void request.socket.resetAndDestroy();
      used.add(request.socket);
      response.end();
    });

    for (let times = 0; times < 2; times += 1) expect(await send(url)).toMatchObject({ statusCode: 200 });
  });

  it('is sent once more only', async () => {
    let seen = 0;
    const url = await givenAddress((request, response) => {
      seen += 1;
      if (seen > 1) return void request.socket.resetAndDestroy();
      response.end();
    });

    await send(url);
    expect(await send(url)).toMatchObject({ status: 'failed to connect to host' });
    expect(seen).toBe(3);
  });

  it('ends immediately when GitHub stops', async () => {
    const stopping = new AbortController();
    const url = await givenAddress(() => stopping.abort());

    expect(await send(url, stopping.signal)).toMatchObject({ status: 'failed to connect to host' });
  });
});
