/** In a process of its own: claim's bundle, one request after the other, and what its heap holds once garbage is collected. */
import { pathToFileURL } from 'node:url';
import { peakMegabytes } from './memory.ts';

export type Asked = { readonly rawPath: string; readonly body: string } | { readonly look: true };

export interface Seen {
  readonly peakMegabytes: number;
  readonly heapMegabytes: number;
}

type Handler = (request: object) => Promise<{ readonly statusCode: number; readonly body: string }>;

const { handler } = (await import(pathToFileURL(process.argv[2] ?? '').href)) as { handler: Handler };

function look(): Seen {
  const peak = peakMegabytes(process.pid);
  // There because of --expose-gc. Twice: the first makes what the second can free.
  globalThis.gc?.();
  globalThis.gc?.();
  return { peakMegabytes: peak, heapMegabytes: process.memoryUsage().heapUsed / 1024 / 1024 };
}

process.on('message', async (asked: Asked) => {
  process.send?.('look' in asked ? look() : await handler({ ...asked, isBase64Encoded: false }));
});
process.send?.('ready');
