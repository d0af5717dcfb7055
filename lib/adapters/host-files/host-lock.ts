/**
 * One supervisor for each host folder, enforced by the kernel: a name in Linux's abstract socket namespace, which
 * disappears with its process, however that ends. There is nothing to clean up, and nothing can be stale.
 * Source: unix(7), "abstract"
 */
import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';

export interface HostLock {
  release(): Promise<void>;
}

/** Undefined: another process holds it. */
export function takeHostLock(folder: string): Promise<HostLock | undefined> {
  const path = nameOf(folder);
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => resolve({ release: () => closed(server) }));
  });
}

/** Checks without taking it. */
export function isHostLocked(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(nameOf(folder));
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}

function nameOf(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32);
  return `\0mayfly-host-${name}`;
}

const closed = (server: Server) => new Promise<void>((resolve) => void server.close(() => resolve()));
