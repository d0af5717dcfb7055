/** Whether a port of this machine is free. Another program may still take it; then opening it fails. */
import { createServer } from 'node:net';

/** @throws the error of listen, `EADDRINUSE` if another program has it */
export async function assertPortIsFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}
