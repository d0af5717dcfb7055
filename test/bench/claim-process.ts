/**
 * A separate process: claim's bundle, one request after the other, and how much its heap holds after garbage
 * collection.
 */
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
  // Available because of --expose-gc. Called twice: the first call produces garbage that the second collects.
  globalThis.gc?.();
  globalThis.gc?.();
  return { peakMegabytes: peak, heapMegabytes: process.memoryUsage().heapUsed / 1024 / 1024 };
}

process.on('message', async (asked: Asked) => {
  process.send?.('look' in asked ? look() : await handler({ ...asked, isBase64Encoded: false }));
});
process.send?.('ready');
