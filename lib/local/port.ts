/** Whether a port can be had on this machine. Somebody may still take it in the meantime; then whoever opens it fails. */
import { createServer } from 'node:net';

/** @throws the error of listen, `EADDRINUSE` where another program has it */
export async function assertPortIsFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}
