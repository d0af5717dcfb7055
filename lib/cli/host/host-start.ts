/**
 * `mayfly host start`: starts the supervisor, in the background or (--foreground) in this process. It takes over what an
 * earlier supervisor left: running jobs continue, the rest is cleaned up.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isHostLocked } from '../../adapters/host-files/host-lock.ts';
import type { HostConfig } from '../../host/config.ts';
import { scopeName } from '../../host/runner.ts';
import type { CommandCall } from '../command.ts';
import { HostFault } from './host-fault.ts';
import { openEngine } from './open-engine.ts';
import { type Host, hostCommand, openHost, readConfig, secondsOption } from './open-host.ts';
import { superviseHere, waitForRunners, wishFor } from './supervision.ts';

export const supervisorLog = (folder: string) => join(folder, 'state', 'supervisor.log');
const longestLogBytes = 5_000_000;

export const hostStart = hostCommand(
  {
    name: 'host start',
    summary: 'keep runners on this machine, each for one job in a fresh container',
    details: `
Examples:
  mayfly host start                 in the background; ends once GitHub shows a runner online
  mayfly host start --foreground    in this process, for systemd; SIGTERM lets running jobs end first

If the host already runs, it reads the settings file again: edit RUNNER_COUNT, then start.

The GitHub credential stays in this process. A container gets a configuration that is valid for one runner and one job.
`,
    exitOne: 'no runner is online; the message says why, and the supervisor keeps trying',
    options: [
      { flags: '--foreground', description: 'supervise in this process until it is stopped' },
      { flags: '--wait <seconds>', description: 'how long to wait for the first runner', default: '90' },
    ],
  },
  async (call) => {
    const host = openHost(call);
    const config = await readConfig(host);
    if (call.options['foreground']) return foreground(call, host, config);
    if (await isHostLocked(host.folder)) {
      await wishFor(host, 'serve', true);
      call.io.out('The supervisor already runs, and reads its settings again. Running jobs continue.\n');
      return 0;
    }
    await requireImage(call, config);
    const { change } = await wishFor(host, 'serve');
    const { pid } = await startInBackground(call, host);
    const waited = await waitForRunners(host, config, { seconds: secondsOption(call, 'wait') ?? 90, change });
    if (waited.online > 0) {
      call.io.out(
        `${waited.online} of ${config.runners} runners of ${scopeName(config.scope)} online; supervisor ${pid}.\n`,
      );
      return 0;
    }
    const why =
      waited.trouble ??
      (waited.isSupervised ? 'GitHub shows no runner online yet' : 'the supervisor has ended');
    throw new HostFault(`${why}. See: npx mayfly host logs`);
  },
);

async function requireImage(call: CommandCall, config: HostConfig): Promise<void> {
  const engine = await openEngine(call, config);
  if (await engine.image(config.image)) return;
  throw new HostFault(`There is no image ${config.image} here. Build it: npx mayfly host init --build`);
}

async function foreground(call: CommandCall, host: Host, config: HostConfig): Promise<number> {
  await requireImage(call, config);
  let isAsked = false;
  const ask = () => {
    isAsked = true;
  };
  process.on('SIGTERM', ask).on('SIGINT', ask);
  await wishFor(host, 'serve');
  const ended = await superviseHere(call, host, { config, log: call.io.out, isAsked: () => isAsked });
  process.off('SIGTERM', ask).off('SIGINT', ask);
  // Otherwise the host would show as died rather than stopped.
  if (ended) await wishFor(host, 'drain');
  if (!ended) throw new HostFault('Another process supervises this folder.');
  if (ended.left.length > 0) throw new HostFault(`GitHub refused to remove these: ${ended.left.join(', ')}.`);
  return 0;
}

async function startInBackground(call: CommandCall, host: Host): Promise<{ pid: number | undefined }> {
  const log = openLog(host.folder);
  const program = fileURLToPath(new URL('../../../bin/mayfly-cli.ts', import.meta.url));
  const args = [program, 'host', 'start', '--foreground', '--folder', host.folder];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: call.environment as NodeJS.ProcessEnv,
  });
  closeSync(log);
  child.unref();
  let hasEnded = false;
  child.once('exit', () => {
    hasEnded = true;
  });
  while (!hasEnded && !(await isHostLocked(host.folder))) await sleep(100);
  return { pid: child.pid };
}

export function openLog(folder: string): number {
  const path = supervisorLog(folder);
  mkdirSync(join(folder, 'state'), { recursive: true, mode: 0o700 });
  const known = statSync(path, { throwIfNoEntry: false });
  if (known && known.size > longestLogBytes) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}
