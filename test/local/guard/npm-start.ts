/** `npm start` as people start it, in a temporary folder that makes everything it leaves behind easy to find. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allProcesses, environmentOf, lookAt } from '../../../lib/local/guard/processes.ts';
import { root } from '../../docs/markdown.ts';

export interface Started {
  readonly npm: ChildProcess;
  /** The platform itself. */
  readonly laptop: number;
  readonly guard: number;
  /** Everything that it has printed so far. */
  printed(): string;
  sees(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ids of the running jobs, as soon as there are this many. */
  untilRunning(count: number): Promise<number[]>;
  /** A call to the GitHub stand-in. */
  github(path: string, body: object): Promise<Response>;
}

export const givenTemporaryFolder = () => mkdtempSync(join(tmpdir(), 'mayfly-test-'));

/** The processes that still have the folder in their environment, and the folder's content. */
export const leftOf = (folder: string) => ({
  processes: allProcesses().filter(({ id }) => environmentOf(id).some((entry) => entry.includes(folder))),
  files: readdirSync(folder),
});

/** Each check reads a file of every process of the machine, so checking more often would cost more than it gains. */
export async function until<Value>(read: () => Value | undefined | false): Promise<Value> {
  for (;;) {
    const value = read();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Not in TMPDIR, where npm would cache compiled code for every Node process that it starts. */
const compiled = join(root, 'node_modules', '.cache', 'compiled');

/** Resolves as soon as the platform's process and its guard exist; the platform itself becomes ready later. */
export async function startNpm(folder: string): Promise<Started> {
  const npm = spawn('npm', ['start', '--', '--verbose'], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder, NO_COLOR: '1', NODE_COMPILE_CACHE: compiled },
    stdio: ['ignore', 'pipe', 'pipe'],
    // As in a terminal of its own.
    detached: true,
  });
  let text = '';
  for (const stream of [npm.stdout!, npm.stderr!]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
  }
  const sees = (pattern: RegExp) => until(() => pattern.exec(text) ?? undefined);
  const guard = await until(
    () => leftOf(folder).processes.find(({ id }) => isGuard(id))?.id ?? fail(npm, text),
  );
  return {
    npm,
    laptop: lookAt(guard)!.parentId,
    guard,
    printed: () => text,
    sees,
    async untilRunning(count) {
      const [, url] = await sees(address);
      for (;;) {
        const state = (await (await fetch(`${url}/_control/state`)).json()) as State;
        const running = state.jobs.filter(({ status }) => status === 'in_progress').map(({ id }) => id);
        if (running.length >= count) return running;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async github(path, body) {
      const [, url] = await sees(address);
      return fetch(`${url}/_control/${path}`, { method: 'POST', body: JSON.stringify(body) });
    },
  };
}

const address = /GitHub stand-in +(\S+)/;
type State = { readonly jobs: readonly { readonly id: number; readonly status: string }[] };

const fail = (npm: ChildProcess, text: string): undefined => {
  if (npm.exitCode === null) return undefined;
  throw new Error(`npm start ended by itself; it printed:\n${text}`);
};

function isGuard(id: number): boolean {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('guard.ts');
  } catch {
    // Gone since the listing.
    return false;
  }
}
