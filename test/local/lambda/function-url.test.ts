/** Function URLs over real HTTP: what the function gets, and what the caller gets. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { InvokeResult } from '../../../lib/local/lambda/function-host.ts';
import { openFunctionUrl } from '../../../lib/local/lambda/function-url.ts';

// biome-ignore lint/suspicious/noExplicitAny: events are looked at field by field
type Event = any;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function givenUrl(answer: InvokeResult) {
  const events: Event[] = [];
  const opened = await openFunctionUrl({
    functionName: 'claim',
    port: 0,
    invoke: async (event) => {
      events.push(event);
      return answer;
    },
  });
  closers.push(opened.close);
  return { url: opened.url, events };
}

const ok: InvokeResult = { payload: { statusCode: 202, headers: { 'X-Seen': 'yes' }, body: 'taken' } };

describe('a function URL', () => {
  it('passes on path, query, lower-case headers and a JSON body as text', async () => {
    const { url, events } = await givenUrl(ok);
    const headers = { 'Content-Type': 'application/json', 'X-GitHub-Event': 'ping' };
    const response = await fetch(`${url}hook?a=1&a=2`, { method: 'POST', headers, body: '{"ü":1}' });
    expect([response.status, response.headers.get('x-seen'), await response.text()]).toEqual([
      202,
      'yes',
      'taken',
    ]);
    expect(events[0]).toMatchObject({
      version: '2.0',
      rawPath: '/hook',
      rawQueryString: 'a=1&a=2',
      queryStringParameters: { a: '1,2' },
      headers: { 'x-github-event': 'ping' },
      requestContext: { http: { method: 'POST', path: '/hook' } },
      body: '{"ü":1}',
      isBase64Encoded: false,
    });
  });

  it.each([
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'application/vnd.api+json',
    'application/jsonlines',
    '',
  ])('encodes a body of type "%s" as base64', async (type) => {
    const { url, events } = await givenUrl(ok);
    await fetch(url, { method: 'POST', headers: { 'content-type': type }, body: Buffer.from([0, 255]) });
    expect(events[0]).toMatchObject({ body: 'AP8=', isBase64Encoded: true });
  });

  it.each(['text/plain', 'application/json; charset=utf-8', 'Application/JSON', 'application/xml'])(
    'passes a body of type "%s" as text, whatever its bytes are',
    async (type) => {
      const { url, events } = await givenUrl(ok);
      const body = Buffer.from([0x61, 0xff]);
      await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
      expect(events[0]).toMatchObject({ body: 'a\ufffd', isBase64Encoded: false });
    },
  );

  const megabytes = 1024 * 1024;
  it.each([
    { what: 'more than 6 MB', body: Buffer.alloc(6 * megabytes + 1), type: 'text/plain' },
    { what: "GitHub's largest webhook", body: Buffer.alloc(25 * megabytes, 'x'), type: 'application/json' },
    { what: 'what is 6 MB as base64', body: Buffer.alloc(4.5 * megabytes), type: 'application/zip' },
    { what: 'what is 6 MB once escaped', body: Buffer.alloc(3 * megabytes, '"'), type: 'application/json' },
  ])('refuses more than 6 MB with 413, without invoking the function: $what', async ({ body, type }) => {
    const { url, events } = await givenUrl(ok);
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
    expect([response.status, events.length]).toEqual([413, 0]);
  });

  it('passes an event that is just smaller', async () => {
    const { url, events } = await givenUrl(ok);
    const body = Buffer.alloc(6 * megabytes - 2_000, 'x');
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
    expect([response.status, events.length]).toEqual([202, 1]);
  });

  it.each<[string, InvokeResult, number, string]>([
    ['a plain value', { payload: { fine: true } }, 200, '{"fine":true}'],
    ['a base64 body', { payload: { statusCode: 200, body: 'aGk=', isBase64Encoded: true } }, 200, 'hi'],
    ['no body', { payload: { statusCode: 403 } }, 403, ''],
    [
      'a failed invocation',
      { error: { errorType: 'E', errorMessage: 'secret' } },
      502,
      'Internal Server Error',
    ],
    ['an invalid status', { payload: { statusCode: 'x' } }, 502, 'Internal Server Error'],
  ])('answers %s', async (_, result, status, body) => {
    const { url } = await givenUrl(result);
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([status, body]);
  });
});
