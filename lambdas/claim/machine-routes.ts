/**
 * Handles a machine's request to the function URL: picks the use case by path, reads the request, and answers in
 * plain text.
 */
import { type MachineRequest, parseMachineRequest } from '../../lib/contract/machine.ts';

interface UrlRequest {
  readonly rawPath: string;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

type Route = (request: MachineRequest) => Promise<{ readonly status: number; readonly text: string }>;

export function machineRoutes(routes: Readonly<Record<string, Route>>) {
  return async ({ rawPath, body = '', isBase64Encoded }: UrlRequest) => {
    const route = Object.hasOwn(routes, rawPath) ? routes[rawPath] : undefined;
    if (!route) return answer(404, `why=The paths are ${Object.keys(routes).join(' and ')}.\n`);
    const request = parseMachineRequest(
      isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
    );
    if (!request) {
      return answer(400, 'why=The body must be JSON with ticket, document, signature and nonce as texts.\n');
    }
    const { status, text } = await route(request);
    return answer(status, text);
  };
}

const answer = (statusCode: number, body: string) => ({
  statusCode,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body,
});
