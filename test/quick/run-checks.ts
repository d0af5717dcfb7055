/** The linter and the compiler, side by side. They look only at what changed since they last ran. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { lintChanged } from './lint-changed.ts';

const root = join(import.meta.dirname, '../..');

/** Prints what each of them finds. @returns whether both passed */
export async function runChecks(): Promise<boolean> {
  const passed = await Promise.all([
    lintChanged({
      root,
      memory: join(root, '.build/linted'),
      // As a folder's: no mistake where a file is of no language that it knows, or is excluded.
      lint: (changed) => runs('lint', '--files-ignore-unknown=true', '--no-errors-on-unmatched', ...changed),
    }),
    runs('typecheck'),
  ]);
  return !passed.includes(false);
}

async function runs(script: string, ...args: string[]): Promise<boolean> {
  const child = spawn(process.execPath, ['--run', script, '--', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: Buffer[] = [];
  child.stdout.on('data', (text: Buffer) => printed.push(text));
  child.stderr.on('data', (text: Buffer) => printed.push(text));
  const isFine = await passes(child);
  process.stdout.write(Buffer.concat(printed));
  return isFine;
}

/** @returns whether it ended with status 0 */
export function passes(child: ChildProcess): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  child.once('error', reject);
  child.once('close', (status) => resolve(status === 0));
  return promise;
}
