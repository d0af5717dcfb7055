/** Gives a laptop platform its folder, and a guard that ends the platform's processes and removes the folder with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { clearLeftovers, makeFolder, newFolderName } from './laptop-folder.ts';
import { lookAt } from './processes.ts';

export interface GuardedFolder {
  readonly path: string;
  /** Ends every process that has its home or its code in the folder, and removes it. */
  close(): Promise<void>;
}

const program = fileURLToPath(new URL('./guard.ts', import.meta.url));

export async function startGuardedFolder(): Promise<GuardedFolder> {
  await clearLeftovers();
  const path = newFolderName();
  // Before there is anything to guard. A session of its own: no signal of the terminal's reaches it.
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
  // Whoever closes hears of it; nobody else has to.
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

/** Whoever forgets to close can still exit. */
function holdNoLonger(guard: ChildProcess): void {
  guard.unref();
  (guard.stdin as { unref?: () => void } | null)?.unref?.();
}

/** The process that npm, or jest under npm, is: shells in between pass no signal on. Empty: nobody of the kind. */
function starterByNpm(): string {
  if (process.env['npm_lifecycle_event'] === undefined) return '';
  let found = lookAt(process.ppid);
  while (found && ['sh', 'dash', 'bash'].includes(found.name)) found = lookAt(found.parentId);
  return String(found?.id ?? '');
}
