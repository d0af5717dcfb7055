/** Shared by `start` and `stop`: a supervisor with this machine's real adapters, and the folder's lock. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isHostLocked, takeHostLock } from '../../adapters/host-files/host-lock.ts';
import { systemChance, systemClock } from '../../adapters/system/clock.ts';
import type { HostConfig } from '../../host/config.ts';
import { nameStart } from '../../host/runner.ts';
import { type Ended, supervise } from '../../host/supervisor.ts';
import type { Wish } from '../../ports/host-state.ts';
import type { CommandCall } from '../command.ts';
import { printableLine } from '../printable.ts';
import { openEngine } from './open-engine.ts';
import type { Host } from './open-host.ts';

export interface Supervision {
  readonly config: HostConfig;
  readonly log: (line: string) => void;
  readonly isAsked?: () => boolean;
  readonly hasTime?: () => boolean;
}

/** @returns undefined if another process supervises this folder */
export async function superviseHere(
  call: CommandCall,
  host: Host,
  { config, log, isAsked, hasTime }: Supervision,
): Promise<Ended | undefined> {
  const lock = await takeHostLock(host.folder);
  if (!lock) return undefined;
  try {
    const engine = await openEngine(call, config);
    let last = '';
    return await supervise(
      {
        engine,
        githubFor: host.githubFor,
        state: host.state,
        clock: systemClock,
        chance: systemChance,
        processId: process.pid,
        log(line) {
          if (line !== last) log(`${new Date().toISOString()} ${printableLine(line)}\n`);
          last = line;
        },
        ...(isAsked ? { isAsked } : {}),
        ...(hasTime ? { hasTime } : {}),
        ...roundOf(call),
      },
      config,
    );
  } finally {
    await lock.release();
  }
}

/** Lets tests shorten the supervisor's rounds. */
function roundOf({ environment }: CommandCall): { roundMs?: number } {
  const text = environment['MAYFLY_HOST_ROUND_MS'];
  return text === undefined ? {} : { roundMs: Number(text) };
}

export async function wishFor(host: Host, mode: Wish['mode'], hasChanged = false): Promise<Wish> {
  const { change } = await host.state.wish();
  const wish = { mode, change: hasChanged ? change + 1 : change };
  await host.state.putWish(wish);
  return wish;
}

export interface Waited {
  /** Runners of the settings in force that GitHub shows online. */
  readonly online: number;
  /** The problem that the supervisor reports. */
  readonly trouble?: string;
  readonly isSupervised: boolean;
}

/** Waits until GitHub shows a runner online, something must be fixed, the supervisor is gone, or the time is up. */
export async function waitForRunners(
  host: Host,
  config: HostConfig,
  { seconds, change }: { seconds: number; change: number },
): Promise<Waited> {
  const github = host.githubFor(config);
  const start = nameStart(config.namePrefix, await host.state.hostId());
  for (const end = Date.now() + seconds * 1000; ; await sleep(500)) {
    const report = await host.state.report();
    const isSupervised = await isHostLocked(host.folder);
    const isTakenUp = isSupervised && report !== undefined && report.change >= change;
    const shown = isTakenUp ? await github.list(config.scope) : undefined;
    const online = shown?.ok
      ? shown.value.runners.filter((one) => one.name.startsWith(start) && one.online).length
      : 0;
    // A first failure is simply retried.
    const isHeld = isTakenUp && report.held !== undefined;
    const isOver = online > 0 || Date.now() > end || !isSupervised || isHeld;
    const trouble = report?.held ?? report?.trouble;
    if (isOver) return { online, isSupervised, ...(trouble === undefined ? {} : { trouble }) };
  }
}
