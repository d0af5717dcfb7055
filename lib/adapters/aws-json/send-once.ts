/**
 * One HTTP request, normally over a kept-alive connection, with bounds on the time to connect, the total time and the size of
 * the response. It knows nothing of AWS. With its own timer and Node's own agent it takes a third of the CPU time of the SDK's
 * handler.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { collectBounded } from '../../core/bounded-body.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connectMilliseconds: number;
  readonly answerMilliseconds: number;
  readonly mostAnswerBytes: number;
  /** Uses a new connection, which is closed afterwards. */
  readonly isFresh?: boolean;
}

/** Lambda sends a function one request at a time; more than this happens only on a busy laptop, and waits. */
const agentOptions = { keepAlive: true, maxSockets: 64 };
const plain = { request: httpRequest, agent: new HttpAgent(agentOptions) };
const secure = { request: httpsRequest, agent: new HttpsAgent(agentOptions) };

/** @throws Error: no answer, an incomplete one, or one that is too large; a timeout is a `TimeoutError` */
export function sendOnce(options: HttpRequest): Promise<HttpAnswer> {
  const { url, method, headers, body, connectMilliseconds, answerMilliseconds } = options;
  return new Promise((resolve, reject) => {
    const { request: open, agent: kept } = url.protocol === 'https:' ? secure : plain;
    const { hostname, port, pathname: path } = url;
    const agent = options.isFresh ? false : kept;
    const request = open({ agent, hostname, port, path, method, headers }, (response) => {
      const whole = collectBounded(response, `The answer of ${url.host}`, options.mostAnswerBytes);
      whole.then(
        (answer) => {
          clearTimeout(timer);
          const { statusCode: status = 0, headers: answered } = response;
          resolve({ status, headers: answered, body: answer.toString('utf8') });
        },
        (error) => {
          fail(error);
          request.destroy();
        },
      );
    });
    const fail = (error: Error) => {
      clearTimeout(timer);
      clearTimeout(connecting);
      reject(error);
    };
    const giveUp = (what: string, milliseconds: number) =>
      setTimeout(() => request.destroy(timeout(`${what} took more than ${milliseconds} ms.`)), milliseconds);
    const timer = giveUp(`The answer of ${url.host}`, answerMilliseconds);
    let connecting: NodeJS.Timeout | undefined;
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      connecting = giveUp(`Connecting to ${url.host}`, connectMilliseconds);
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(connecting));
    });
    request.once('error', fail);
    request.end(body);
  });
}

function timeout(message: string): Error {
  const error = new Error(message);
  error.name = 'TimeoutError';
  return error;
}
