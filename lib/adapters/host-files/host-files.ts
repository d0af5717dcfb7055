/**
 * What a single host remembers, as files in one folder: `host.env`, which its owner edits, and `state/`. Each record has
 * its own file, so that no write can damage another.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationalError } from '../../ports/errors.ts';
import type { HostRunner, HostState, Report, SettingsVersion, Wish } from '../../ports/host-state.ts';
import { readText, removeDurably, writeDurably } from './durable.ts';

const logsKept = 50;
export const settingsFile = 'host.env';

export function createHostFiles(
  folder: string,
): HostState & { log(name: string): Promise<string | undefined> } {
  const at = (...parts: string[]) => join(folder, 'state', ...parts);
  const readJson = async <Value>(path: string): Promise<Value | undefined> => {
    const text = await readText(path);
    return text === undefined ? undefined : (JSON.parse(text) as Value);
  };
  const write = (path: string, value: unknown) => writeDurably(path, `${JSON.stringify(value)}\n`);
  const all = async <Value>(kind: string): Promise<Value[]> => {
    const names = (await namesIn(at(kind))).filter((name) => name.endsWith('.json'));
    const values = await Promise.all(names.map((name) => readJson<Value>(at(kind, name))));
    return values.filter((value) => value !== undefined) as Value[];
  };
  const logPath = (name: string) => at('logs', `${plain(name)}.log`);
  return {
    async hostId() {
      const known = await readJson<{ hostId: string }>(at('host.json'));
      if (known) return known.hostId;
      const hostId = randomBytes(3).toString('hex');
      await write(at('host.json'), { hostId });
      return hostId;
    },
    runners: () => all<HostRunner>('runners'),
    putRunner: (runner) => write(at('runners', `${plain(runner.name)}.json`), runner),
    async dropRunner(name) {
      await mkdir(at('runners'), { recursive: true, mode: 0o700 });
      await removeDurably(at('runners', `${plain(name)}.json`));
    },
    async keepLog(name, text) {
      await writeDurably(logPath(name), text);
      const names = await newestLogLast(at('logs'));
      for (const old of names.slice(0, -logsKept)) await rm(at('logs', old), { force: true });
    },
    log: (name) => readText(logPath(name)),
    wish: async () => (await readJson<Wish>(at('wish.json'))) ?? { mode: 'serve', change: 0 },
    putWish: (wish) => write(at('wish.json'), wish),
    report: () => readJson<Report>(at('report.json')),
    putReport: (report) => write(at('report.json'), report),
    async settings() {
      const text = await readText(join(folder, settingsFile));
      if (text !== undefined) return text;
      const why = `There is no ${join(folder, settingsFile)}. Make it with: npx mayfly host init`;
      throw new OperationalError(why, { code: 'no-settings', retryable: false });
    },
    putSettings: (text) => writeDurably(join(folder, settingsFile), text),
    async versions() {
      const found = await all<SettingsVersion>('versions');
      return found.sort((one, other) => one.number - other.number);
    },
    putVersion: (version) =>
      write(at('versions', `${String(version.number).padStart(6, '0')}.json`), version),
  };
}

/** Names of this host's files have only these characters. Anything else is replaced, so that no name can act as a path. */
const plain = (name: string) => name.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Whole logs. Meanwhile logs of other runners are written, and old ones removed. */
async function newestLogLast(path: string): Promise<string[]> {
  const names = (await namesIn(path)).filter((name) => name.endsWith('.log'));
  const timed = await Promise.all(
    names.map(async (name) => ({ name, at: await changedAt(join(path, name)) })),
  );
  return timed.sort((one, other) => one.at - other.at).map(({ name }) => name);
}

async function changedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
