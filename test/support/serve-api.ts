/** The admission API over HTTP on a port of this machine, called as Lambda's function URL calls it. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Api } from '../../lambdas/admission-api/api-context.ts';

export interface ServedApi {
  /** Without a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

/** @param before called before each request */
export async function serveApi(api: Api, before: () => void = () => {}): Promise<ServedApi> {
  const server = createServer(async (incoming, outgoing) => {
    before();
    const answer = await Promise.resolve(api.fetch(await requestOf(incoming))).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      return new Response('a bug', { status: 500 });
    });
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    outgoing.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = 'GET', url = '/', headers } = incoming;
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [value].flat().join(', ')] as [string, string]],
  );
  const hasBody = chunks.length > 0 && method !== 'GET' && method !== 'HEAD';
  return new Request(`http://127.0.0.1${url}`, {
    method: method === 'TRACE' ? 'OPTIONS' : method,
    headers: entries,
    ...(hasBody ? { body: Buffer.concat(chunks) } : {}),
  });
}
