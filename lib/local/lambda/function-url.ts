/**
 * A function's URL: one port of this machine. A request becomes an invocation and its outcome the answer; an event of more
 * than 6 MB is refused before the function sees it, a throttled request gets a 429, and a failed invocation a 502 without
 * details.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type InvokeResult, throttled } from './function-host.ts';
import {
  badGateway,
  tooManyRequests,
  type UrlAnswer,
  type UrlRequest,
  urlAnswer,
  urlEvent,
} from './url-event.ts';

/**
 * Of the whole event, in which a body is a JSON string: its quotes are escaped, or it is base64.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html ("Invocation payload (request and
 * response): 6 MB each"); measured to be "smaller than 6291456 bytes" of JSON:
 * https://zaccharles.medium.com/deep-dive-lambdas-request-payload-size-limit-2-2-6350c1ae5577
 */
const largestEventBytes = 6 * 1024 * 1024;
/** As `\u0000`, in a string. */
const mostBytesForOne = 6;

export interface FunctionUrlOptions {
  readonly functionName: string;
  /** 0: any free one. */
  readonly port: number;
  invoke(event: unknown): Promise<InvokeResult>;
  /** Sees each request before the function, which waits for it. */
  tap?(request: UrlRequest): Promise<void> | void;
}

export interface FunctionUrl {
  /** `http://127.0.0.1:…/` */
  readonly url: string;
  readonly functionName: string;
  close(): Promise<void>;
}

export async function openFunctionUrl(options: FunctionUrlOptions): Promise<FunctionUrl> {
  const server = createServer(async (incoming, outgoing) => {
    const answer = await serve(incoming, options).catch(() => badGateway);
    outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    functionName: options.functionName,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(incoming: IncomingMessage, options: FunctionUrlOptions): Promise<UrlAnswer> {
  const body = await readBody(incoming);
  if (!body) return tooLarge;
  const request: UrlRequest = {
    method: incoming.method ?? 'GET',
    target: incoming.url ?? '/',
    headers: incoming.headers,
    body,
    sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
  };
  await options.tap?.(request);
  const host = incoming.headers.host ?? '127.0.0.1';
  const event = urlEvent(request, { now: Date.now(), requestId: randomUUID(), host });
  if (isTooLarge(event, body)) return tooLarge;
  const result = await options.invoke(event);
  if ('error' in result) return result.error.errorType === throttled ? tooManyRequests : badGateway;
  return urlAnswer(result.payload);
}

const isTooLarge = (event: unknown, body: Buffer) =>
  body.length >= largestEventBytes / (2 * mostBytesForOne) &&
  Buffer.byteLength(JSON.stringify(event)) >= largestEventBytes;

const tooLarge: UrlAnswer = {
  status: 413,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ Message: 'Request Entity Too Large' }),
};

/** undefined: too large. The rest is read and dropped, so that the caller can read the answer. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= largestEventBytes) parts.push(part);
  }
  return size <= largestEventBytes ? Buffer.concat(parts) : undefined;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
