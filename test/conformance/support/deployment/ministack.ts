/**
 * An independent imitation of AWS that takes templates and runs their functions, started on 127.0.0.1. Functions are run
 * by the `node` that it finds first, so the one that runs the checks is put there.
 */
import { dirname, join } from 'node:path';
import { freePort } from '../free-port.ts';
import { type RunningServer, startServer } from '../start-server.ts';

export function startMinistack(programs: string, folder: string): Promise<RunningServer> {
  return freePort().then((port) =>
    startServer({
      command: join(programs, 'ministack'),
      args: [],
      variables: {
        PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
        BIND_HOST: '127.0.0.1',
        MINISTACK_HOST: '127.0.0.1',
        GATEWAY_PORT: String(port),
        IOT_MTLS_ENABLED: '0',
        SFTP_ENABLED: '0',
        TMPDIR: folder,
        S3_DATA_DIR: join(folder, 's3'),
        STATE_DIR: join(folder, 'state'),
      },
      ready: /Running on (http:\S+)/,
      seconds: 300,
    }),
  );
}
