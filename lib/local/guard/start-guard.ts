/** Creates a laptop platform's folder, and a guard that ends the platform's processes and removes the folder with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { clearLeftovers, makeFolder, newFolderName } from './laptop-folder.ts';
import { lookAt } from './processes.ts';

export interface GuardedFolder {
  readonly path: string;
  /** Ends every process that has its home or its code in the folder, and removes the folder. */
  close(): Promise<void>;
}

const program = fileURLToPath(new URL('./guard.ts', import.meta.url));

export async function startGuardedFolder(): Promise<GuardedFolder> {
  await clearLeftovers();
  const path = newFolderName();
  // Started before there is anything to guard, in a session of its own, so that no signal from the terminal reaches
  // it.
  const guard = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, path, starterByNpm()],
    { detached: true, stdio: ['pipe', 'ignore', 'inherit'] },
  );
  const ended = new Promise<void>((resolve, reject) => {
    guard.once('error', reject);
    guard.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`The laptop's guard ended with ${code}.`)),
    );
  });
  // `close` throws the error; nothing else needs it.
  ended.catch(() => {});
  holdNoLonger(guard);
  makeFolder(path);
  const close = () => {
    guard.ref();
    guard.stdin?.end();
    return ended;
  };
  return { path, close };
}

/** A caller that forgets to close can still exit. */
function holdNoLonger(guard: ChildProcess): void {
  guard.unref();
  (guard.stdin as { unref?: () => void } | null)?.unref?.();
}

/** The process of npm, or of jest under npm: shells in between do not pass signals on. Empty: there is none. */
function starterByNpm(): string {
  if (process.env['npm_lifecycle_event'] === undefined) return '';
  let found = lookAt(process.ppid);
  while (found && ['sh', 'dash', 'bash'].includes(found.name)) found = lookAt(found.parentId);
  return String(found?.id ?? '');
}
