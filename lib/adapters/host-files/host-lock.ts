/**
 * One supervisor for each folder of a host, held by the kernel: a name in Linux's abstract socket namespace, which is gone
 * as soon as its process is, by whatever death. Nothing is left to be cleaned up and nothing can be stale.
 * Source: unix(7), "abstract"
 */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

export interface HostLock {
  release(): Promise<void>;
}

/** Undefined: another process holds it. */
export function takeHostLock(folder: string): Promise<HostLock | undefined> {
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32);
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0mayfly-host-${name}`, () => resolve({ release: () => closed(server) }));
  });
}

const closed = (server: Server) => new Promise<void>((resolve) => void server.close(() => resolve()));
