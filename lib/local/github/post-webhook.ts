/**
 * Posts one webhook, as GitHub does: ten seconds for connection and answer together, no redirect followed. Node's own HTTP
 * client takes a third of the processor time of `fetch`, and a burst is a thousand webhooks.
 */
import { type Agent, type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { DeliveryRecord } from './store.ts';

export type Outcome = Pick<DeliveryRecord, 'status' | 'statusCode' | 'responseHeaders' | 'responseBody'>;

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For plain HTTP, which the laptop's own functions use. */
  readonly agent: Agent;
  readonly stop: AbortSignal;
}

const timeoutMs = 10_000;
const keptCharacters = 10_000;

export const unreached: Outcome = {
  status: 'failed to connect to host',
  statusCode: 0,
  responseHeaders: {},
  responseBody: '',
};

/** Never fails: what went wrong is recorded, as on GitHub, where it can be read and redelivered. */
export function postWebhook(post: Post): Promise<Outcome> {
  // It throws if the URL is invalid.
  return exchange(post).catch(() => unreached);
}

/**
 * A server may close a connection that was idle just when it is used again. Such a post is sent once more: the server has not
 * read it.
 * Source: https://nodejs.org/api/http.html#requestreusedsocket
 */
function exchange(post: Post, mayRepeat = true): Promise<Outcome> {
  const { url, headers, body, agent, stop } = post;
  return new Promise((resolve) => {
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method: 'POST', headers: { ...headers, ...length }, signal: stop };
    const outgoing = url.startsWith('https:')
      ? secureRequest(url, options)
      : request(url, { ...options, agent });
    const timer = setTimeout(() => {
      finish({ ...unreached, status: 'timed out' });
      outgoing.destroy();
    }, timeoutMs);
    outgoing.once('error', ({ code }: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && code === 'ECONNRESET' && mayRepeat && !stop.aborted;
      if (!isStale) return finish(unreached);
      clearTimeout(timer);
      resolve(exchange(post, false));
    });
    outgoing.once('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        if (text.length < keptCharacters) text += part;
      });
      answer.once('error', () => finish(unreached));
      answer.once('end', () => finish(outcomeOf(answer, text)));
    });
    outgoing.end(body);
  });
}

function outcomeOf({ statusCode = 0, headers }: IncomingMessage, text: string): Outcome {
  const isOk = statusCode >= 200 && statusCode < 300;
  const joined = Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]);
  return {
    status: isOk ? 'OK' : `Invalid HTTP Response: ${statusCode}`,
    statusCode,
    responseHeaders: Object.fromEntries(joined),
    responseBody: text.slice(0, keptCharacters),
  };
}
