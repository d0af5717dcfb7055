/** Calls with JSON: how they are signed, which failures are retried, and which limits apply. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAwsJson } from '../../../lib/adapters/aws-json/caller.ts';
import { sendOnce } from '../../../lib/adapters/aws-json/send-once.ts';
import { parseAuthorization, type SignedRequest, signatureFits } from '../../../lib/local/aws/signature.ts';
import { pausesOf } from '../../support/pauses.ts';
import { timersUntilFailure } from '../../support/virtual-deadlines.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const asked: SignedRequest[] = [];
/** One for each request; the last one repeats. */
let answers: Answer[] = [];
const variables: Record<string, string> = {};

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const headers = request.headers as Record<string, string>;
    asked.push({ method: request.method!, path: request.url!, headers, body: Buffer.concat(chunks) });
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    answer(request, response);
  });
});

const says =
  (status: number, body: object | string, headers = {}): Answer =>
  (_, response) => {
    response.writeHead(status, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const drops: Answer = (request) => void request.socket.destroy();
const breaksOff: Answer = (request, response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{"MessageId":');
  setImmediate(() => request.socket.destroy());
};
const isSilent: Answer = () => undefined;
const ok = says(200, { MessageId: 'm-1' });

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(variables, {
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
});
beforeEach(() => {
  asked.length = 0;
  answers = [ok];
  Object.assign(variables, { AWS_ACCESS_KEY_ID: 'KEY', AWS_SECRET_ACCESS_KEY: 'secret' });
  delete variables['AWS_SESSION_TOKEN'];
});
afterAll(
  () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
);

/** Retries follow at once. */
const sqs = (over: { answerMilliseconds?: number } = {}) =>
  createAwsJson({ service: 'sqs', variables, fraction: () => 0, ...over });
const send = (over = {}) => sqs(over).call('SendMessage', { QueueUrl: 'q', MessageBody: 'é 🐛' });

function lastSignature(secretAccessKey: string) {
  const request = asked.at(-1)!;
  const authorization = parseAuthorization(request.headers['authorization'])!;
  return { ...authorization, fits: signatureFits(request, authorization, secretAccessKey) };
}

describe('a call', () => {
  it('is signed as a whole, for its service and region', async () => {
    expect(await send()).toEqual({ MessageId: 'm-1' });
    const { method, path, headers, body } = asked[0]!;
    expect([method, path]).toEqual(['POST', '/']);
    expect(headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.SendMessage',
    });
    expect(JSON.parse(body.toString())).toEqual({ QueueUrl: 'q', MessageBody: 'é 🐛' });
    const signed = 'content-type;host;x-amz-date;x-amz-target';
    expect(lastSignature('secret')).toMatchObject({
      fits: true,
      accessKeyId: 'KEY',
      region: 'eu-west-1',
      service: 'sqs',
      signedHeaders: signed,
    });
    expect(lastSignature('another').fits).toBe(false);
  });

  it('uses new credentials as soon as they are available', async () => {
    const caller = sqs();
    await caller.call('SendMessage', {});
    Object.assign(variables, { AWS_ACCESS_KEY_ID: 'NEW', AWS_SECRET_ACCESS_KEY: 'new' });
    variables['AWS_SESSION_TOKEN'] = 'session';
    await caller.call('SendMessage', {});
    expect(lastSignature('new')).toMatchObject({ fits: true, accessKeyId: 'NEW' });
    expect(asked.at(-1)!.headers['x-amz-security-token']).toBe('session');
    expect(lastSignature('new').signedHeaders).toContain('x-amz-security-token');
  });

  it('reuses its connection', async () => {
    const ports = new Set<number | undefined>();
    answers = [
      (request, response) => {
        ports.add(request.socket.remotePort);
        ok(request, response);
      },
    ];
    const caller = sqs();
    for (let n = 0; n < 5; n++) await caller.call('SendMessage', {});
    expect(ports.size).toBe(1);
  });
});

describe('many calls at once', () => {
  it('share at most sixty-four connections', async () => {
    const ports = new Set<number | undefined>();
    const held: (() => void)[] = [];
    answers = [
      (request, response) => {
        ports.add(request.socket.remotePort);
        held.push(() => ok(request, response));
        // The last one waits for a free connection.
        if (held.length >= 64) for (const answer of held.splice(0)) answer();
      },
    ];
    const bounds = { connectMilliseconds: 60_000, answerMilliseconds: 60_000, mostAnswerBytes: 1_000 };
    const call = { url: new URL(variables['AWS_ENDPOINT_URL']!), method: 'POST', headers: {}, body: '' };
    const calls = Array.from({ length: 128 }, () => sendOnce({ ...call, ...bounds }));
    await Promise.all(calls);
    expect(ports.size).toBe(64);
  });
});

describe('a call that fails', () => {
  it('is retried on a new connection, since all pooled ones may be dead', async () => {
    await Promise.all([send(), send(), send()]);
    const kept = new Set<number | undefined>();
    let fresh: number | undefined;
    const dies: Answer = ({ socket }) => {
      kept.add(socket.remotePort);
      socket.destroy();
    };
    const lives: Answer = (request, response) => {
      fresh = request.socket.remotePort;
      ok(request, response);
    };
    answers = [dies, lives];
    await send();
    expect(kept.size).toBe(1);
    expect(kept).not.toContain(fresh);
    expect(fresh).toBeDefined();
    answers = [dies, lives];
    await send();
    // A connection that serves a single attempt is not kept.
    expect(kept).not.toContain(fresh);
  });

  const throttled = says(400, { __type: 'com.amazon.coral.availability#ThrottlingException' });
  it.each([
    ['with an error of the service', says(500, {})],
    ['because the service is busy', says(503, 'busy')],
    ['because of too many calls', throttled],
    ['because the connection was dropped', drops],
    ['because its answer broke off', breaksOff],
    ['because the answer is not from a service of AWS', says(200, '<html>Sign in</html>')],
  ])('%s is retried, with a new signature', async (_, fault) => {
    answers = [fault, fault, ok];
    expect(await send()).toEqual({ MessageId: 'm-1' });
    expect(asked).toHaveLength(3);
    expect(lastSignature('secret').fits).toBe(true);
  });

  it('with an answer that is not JSON does not look like an empty answer', async () => {
    answers = [says(200, '<html>Sign in</html>')];
    const message = 'The answer is not JSON: 20 characters of unknown type';
    await expect(send()).rejects.toMatchObject({ name: 'UnreadableAnswer', message });
  });

  it('is tried three times at most', async () => {
    answers = [says(503, { __type: 'ServiceUnavailable', message: 'later' })];
    await expect(send()).rejects.toMatchObject({ name: 'ServiceUnavailable', message: 'later' });
    expect(asked).toHaveLength(3);
  });

  it.each([
    ['com.amazonaws.sqs#QueueDoesNotExist', {}, 'QueueDoesNotExist'],
    ['AccessDeniedException', {}, 'AccessDeniedException'],
    [
      undefined,
      { 'x-amzn-errortype': 'ForbiddenException:http://internal.amazon.com/' },
      'ForbiddenException',
    ],
    [undefined, {}, 'Status400'],
  ])('with %s, %j is not retried', async (type, headers, name) => {
    answers = [says(400, { ...(type ? { __type: type } : {}), message: 'no' }, headers)];
    await expect(send()).rejects.toMatchObject({ name, message: 'no' });
    expect(asked).toHaveLength(1);
  });

  it('pauses for up to a tenth of a second, and then for twice as long', async () => {
    answers = [says(500, {})];
    const caller = createAwsJson({ service: 'sqs', variables, fraction: () => 1 });
    const work = () => expect(caller.call('SendMessage', {})).rejects.toThrow();
    expect(await pausesOf(work, 9)).toEqual([100, 200]);
    answers = [says(400, { __type: 'ThrottlingException' })];
    expect(await pausesOf(work, 9)).toEqual([100, 200]);
  });

  it.each([
    ['the time it was given', { answerMilliseconds: 20 }, 20],
    ['two and a half seconds otherwise', {}, 2_500],
  ])('waits for an answer three times, for %s', async (_, options, milliseconds) => {
    answers = [isSilent];
    const isAsked = (ended: number) => asked.length > ended;
    const calls: Promise<unknown>[] = [];
    const begin = () => {
      calls.push(send(options));
      return calls[0]!;
    };
    expect(await timersUntilFailure(begin, isAsked)).toEqual([milliseconds, milliseconds, milliseconds]);
    await expect(calls[0]).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('waits one second for the connection, three times', async () => {
    const silent = createTcpServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const secure = { ...variables, AWS_ENDPOINT_URL: `https://127.0.0.1:${port}` };
    const caller = createAwsJson({ service: 'sqs', variables: secure, fraction: () => 0 });
    expect(await timersUntilFailure(() => caller.call('SendMessage', {}))).toEqual([1_000, 1_000, 1_000]);
    silent.close();
  });

  it("because the answer is larger than any of AWS's is not retried", async () => {
    const sized = (bytes: number) => says(200, JSON.stringify({ MessageId: 'm-1' }).padEnd(bytes, ' '));
    // 16 MB in base64, with all names around them.
    answers = [sized(23_000_000)];
    expect(await send()).toEqual({ MessageId: 'm-1' });
    asked.length = 0;
    answers = [sized(25_165_825)];
    const message = expect.stringMatching(
      /^The answer of 127.* is too large: received \d+ bytes, and 25165824 are/,
    );
    await expect(send()).rejects.toMatchObject({ name: 'AnswerTooLarge', message });
    expect(asked).toHaveLength(1);
  });

  it('to a closed port names the port', async () => {
    const away = { ...variables, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    const caller = createAwsJson({ service: 'sqs', variables: away, fraction: () => 0 });
    const message = expect.stringContaining('http://127.0.0.1:9 could not be reached');
    await expect(caller.call('SendMessage', {})).rejects.toMatchObject({ name: 'Unreachable', message });
  });
});
