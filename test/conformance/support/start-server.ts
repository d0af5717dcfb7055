/**
 * Starts a server of others on 127.0.0.1 and ends it with all that it started. It also ends when this process does, by
 * whatever cause: a shell waits at a pipe from here, and kills the server's process group when the kernel closes it.
 */
import { spawn } from 'node:child_process';
import { ToolMissing } from './check.ts';

export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** What it prints when it can be called, with the address as the first group. */
  readonly ready: RegExp;
  readonly seconds: number;
}

export interface RunningServer {
  /** What `ready` captured. */
  readonly address: string;
  /** All that it printed so far. */
  said(): string;
  stop(): Promise<void>;
}

/** @throws ToolMissing where there is no such command; Error with what it said where it did not become ready */
export async function startServer(program: ServerProgram): Promise<RunningServer> {
  const { command, args, variables, ready, seconds } = program;
  const child = spawn(command, args, {
    env: { ...process.env, ...variables },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const spawned = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new ToolMissing(`${command} cannot be started (${cause.message})`, `Install ${command}.`)),
    );
  });
  await spawned;
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "-$0"', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const stop = async () => {
    guard.stdin?.end();
    await gone;
  };
  let said = '';
  const address = new Promise<string>((resolve, reject) => {
    const fail = (why: string) =>
      reject(new Error(`${command} ${why}. It said: ${said.trim().slice(-2000)}`));
    const timer = setTimeout(() => fail(`was not ready in ${seconds} seconds`), seconds * 1000);
    const listen = (text: string) => {
      said += text;
      const found = ready.exec(said)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.setEncoding('utf8').on('data', listen);
    child.stderr.setEncoding('utf8').on('data', listen);
    child.once('close', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
  try {
    return { address: await address, said: () => said, stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}
