/**
 * The database under the laptop's DynamoDB: dynoxide, one static binary that keeps its tables in memory. It listens on
 * 127.0.0.1 alone, knows nothing of tenants or of IAM (the endpoint in front of it does), and never outlives the process
 * that started it, however that process ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface DynamoEngine {
  /** `http://127.0.0.1:<port>`. Any credentials work. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Ends the attempts on a machine where no start can succeed. A free port may be taken between look and use, but hardly
 * three times.
 */
const attempts = 3;
const startTimeoutMilliseconds = 60_000;

/**
 * @param home identifies the engine's owner; it need not exist. Default: this process's own
 * @throws Error where there is no binary for this platform, or the engine says why it cannot start
 */
export async function startDynamoEngine(home = process.env['HOME'] ?? '/'): Promise<DynamoEngine> {
  const binary = engineBinary();
  let failure: unknown;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      return await startOn(binary, { port: await freePort(), home });
    } catch (cause) {
      failure = cause;
    }
  }
  throw new Error(`The DynamoDB engine did not start in ${attempts} attempts.`, { cause: failure });
}

function engineBinary(): string {
  const platform = `${process.platform}-${process.arch}`;
  const path = fileURLToPath(
    new URL(`../../../node_modules/@dynoxide/${platform}/dynoxide`, import.meta.url),
  );
  if (existsSync(path)) return path;
  throw new Error(
    `There is no DynamoDB engine for ${platform} (looked for ${path}). The laptop platform works on linux-x64: ` +
      'there, run `npm ci` again with optional packages allowed; elsewhere, use a linux-x64 virtual machine.',
  );
}

async function startOn(
  binary: string,
  { port, home }: { port: number; home: string },
): Promise<DynamoEngine> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home };
  // A process group of its own: Ctrl-C reaches the platform first, which closes the engine last.
  const engine = spawn(binary, ['serve', '--port', String(port)], {
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const guard = watchOver(engine, env);
  const close = async () => {
    guard.kill('SIGKILL');
    await ended(engine);
  };
  try {
    await listening(engine);
  } catch (cause) {
    await close();
    throw cause;
  }
  holdNoLonger(engine, guard);
  return { url: `http://127.0.0.1:${port}`, close };
}

/**
 * A shell that waits at a pipe from this process. The kernel closes the pipe when this process ends, whatever the cause,
 * SIGKILL included, and the shell then ends the engine.
 */
function watchOver(engine: ChildProcess, env: NodeJS.ProcessEnv): ChildProcess {
  return spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "$0"', String(engine.pid)], {
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/** The engine prints `… listening on …` to stderr once it does; if it cannot, it prints the reason and exits. */
function listening(engine: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(
      () => reject(new Error(`The DynamoDB engine said nothing for ${startTimeoutMilliseconds} ms.`)),
      startTimeoutMilliseconds,
    );
    engine.stderr?.on('data', (chunk) => {
      said += chunk;
      if (!said.includes('listening on')) return;
      clearTimeout(timer);
      resolve();
    });
    engine.once('error', (cause) => {
      clearTimeout(timer);
      reject(cause);
    });
    engine.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The DynamoDB engine ended with code ${code}: ${said.trim()}`));
    });
  });
}

/** A caller that forgets to close the engine can still exit; the guard then ends it. Later output is dropped. */
function holdNoLonger(engine: ChildProcess, guard: ChildProcess): void {
  engine.stderr?.removeAllListeners('data').resume();
  for (const handle of [engine, guard, guard.stdin, engine.stderr]) {
    (handle as { unref?: () => void } | null)?.unref?.();
  }
}

function ended(engine: ChildProcess): Promise<void> {
  if (engine.pid === undefined || engine.exitCode !== null || engine.signalCode !== null) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    engine.ref();
    engine.once('exit', () => resolve());
    engine.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
