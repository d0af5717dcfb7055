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

type Door = (request: MachineRequest) => Promise<{ readonly status: number; readonly text: string }>;

export function machineDoors(doors: Readonly<Record<string, Door>>) {
  return async ({ rawPath, body = '', isBase64Encoded }: UrlRequest) => {
    const door = Object.hasOwn(doors, rawPath) ? doors[rawPath] : undefined;
    if (!door) return answer(404, `why=The paths are ${Object.keys(doors).join(' and ')}.\n`);
    const request = parseMachineRequest(
      isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
    );
    if (!request) {
      return answer(400, 'why=The body must be JSON with ticket, document, signature and nonce as texts.\n');
    }
    const { status, text } = await door(request);
    return answer(status, text);
  };
}

const answer = (statusCode: number, body: string) => ({
  statusCode,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body,
});
