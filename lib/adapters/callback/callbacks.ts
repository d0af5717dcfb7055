/**
 * Callbacks over https. Each call resolves the host's name, checks every address, and connects to the address that it
 * checked, so that a name that changes a moment later cannot lead elsewhere. It follows no redirects. Everything,
 * including one retry, ends within the controller's timeout.
 */
import { lookup } from 'node:dns/promises';
import { type ClientRequest, type RequestOptions, request as requestPlainly } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { isIP } from 'node:net';
import { collectBounded } from '../../core/bounded-body.ts';
import { readAnswer } from '../../core/controllers/callback-answer.ts';
import { isPublicAddress } from '../../core/controllers/public-address.ts';
import type { Callback, CallbackAnswer, Callbacks } from '../../ports/callbacks.ts';
import type { Clock } from '../../ports/clock.ts';
import { signatureHeaders } from './sign-callback.ts';

/** A decision and its reason take a few hundred bytes. */
const mostAnswerBytes = 16_384;

export interface CallbackOptions {
  readonly clock: Clock;
  /** The laptop platform's: allows plain http to 127.0.0.1. */
  readonly allowsLoopback?: boolean;
  /** All addresses of a name. Default: the system's resolver. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

interface Call {
  readonly url: URL;
  readonly address: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal: AbortSignal;
}

type Reply = { readonly status: number; readonly text: string };

export function createCallbacks(options: CallbackOptions): Callbacks {
  return {
    async ask(callback) {
      const signal = AbortSignal.timeout(callback.timeoutMilliseconds);
      const first = await once(options, callback, signal);
      if (first.kind === 'answered' || signal.aborted || !first.mayPass) return withoutHint(first);
      return withoutHint(await once(options, callback, signal));
    },
  };
}

type Tried = CallbackAnswer & { readonly mayPass?: boolean };

const withoutHint = ({ mayPass: _, ...answer }: Tried): CallbackAnswer => answer;
const failed = (why: string, mayPass: boolean): Tried => ({ kind: 'failed', why, mayPass });
const timedOut = ({ timeoutMilliseconds }: Callback): Tried => ({
  kind: 'failed',
  why: `no answer within ${timeoutMilliseconds} ms`,
  isTimeout: true,
});

async function once(options: CallbackOptions, callback: Callback, signal: AbortSignal): Promise<Tried> {
  try {
    const url = new URL(callback.url);
    const address = await addressOf(url, options, signal);
    if (address === undefined) return failed(`${url.hostname} has no public address`, false);
    const body = JSON.stringify(callback.body);
    const timestamp = Math.floor(options.clock.now() / 1000);
    const signed = signatureHeaders({ id: callback.body.id, timestamp, body }, callback.secrets);
    const headers = { ...signed, 'content-type': 'application/json', 'user-agent': 'mayfly' };
    const { status, text } = await send({ url, address, headers, body, signal });
    if (status !== 200) return failed(`it answered ${status}`, status >= 500 || status === 429);
    return readAnswer(text, callback.body.id);
  } catch (error) {
    if (signal.aborted) return timedOut(callback);
    return failed(error instanceof Error ? error.message : String(error), true);
  }
}

/** The address to connect to. All of the name's addresses must be public; otherwise none is used. */
async function addressOf(
  { protocol, hostname }: URL,
  { allowsLoopback = false, resolve = resolveAll }: CallbackOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (allowsLoopback && protocol === 'http:' && hostname === '127.0.0.1') return hostname;
  if (protocol !== 'https:') return undefined;
  const host = hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await untilAborted(resolve(host), signal) : [host];
  return addresses.length > 0 && addresses.every(isPublicAddress) ? addresses[0] : undefined;
}

const resolveAll = async (name: string) => {
  const found = await lookup(name, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
};

/** The resolver cannot be stopped; a late answer is ignored. */
async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function send({ url, address, headers, body, signal }: Call): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const family = isIP(address);
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    signal,
    // A new connection each time: a kept one would still lead to the address of an earlier check.
    agent: false,
    lookup: (_name, { all }, found) =>
      all ? found(null, [{ address, family }]) : found(null, address, family),
  };
  const start = url.protocol === 'https:' ? requestSecurely : requestPlainly;
  const call: ClientRequest = start(url, options, (response) => {
    const body = collectBounded(response, 'its answer', mostAnswerBytes);
    body.then((whole) => resolve({ status: response.statusCode ?? 0, text: whole.toString('utf8') }), fail);
  });
  const fail = (error: Error) => {
    reject(error);
    call.destroy();
  };
  call.on('error', reject);
  call.end(body);
  return promise;
}
