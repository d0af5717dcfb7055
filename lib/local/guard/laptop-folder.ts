/**
 * A laptop platform's temporary folder. From the first moment its name says which process owns it, so that a later start
 * finds what was left by one that was killed together with its guard.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcessesOf } from './laptop-processes.ts';
import { lookAt } from './processes.ts';

/** Process ids are valid only within one namespace: a container may share /tmp with its host. */
const namespace = () => readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');

export function newFolderName(): string {
  const { id, startTime } = lookAt('self')!;
  const owner = [namespace(), id, startTime].join('-');
  return join(tmpdir(), `mayfly-laptop-${owner}-${randomBytes(4).toString('hex')}`);
}

export const makeFolder = (path: string) => mkdirSync(path, { mode: 0o700 });

export const removeFolder = (path: string) =>
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });

/** Ends what this user's laptops left behind if their own process is gone. */
export async function clearLeftovers(): Promise<void> {
  for (const path of abandonedFolders()) {
    await endProcessesOf(path);
    removeFolder(path);
  }
}

function abandonedFolders(): string[] {
  return readdirSync(tmpdir()).flatMap((name) => {
    const [, inNamespace, id, startTime] = /^mayfly-laptop-(\d+)-(\d+)-(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
    if (inNamespace !== namespace() || lookAt(Number(id))?.startTime === startTime) return [];
    const path = join(tmpdir(), name);
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isDirectory() && found.uid === process.getuid?.() ? [path] : [];
  });
}
