/**
 * What V8 compiled of the functions, kept from one process and one laptop to the next: a function then loads in four fifths of
 * its processor time. Node checks the text that an entry was compiled from, so none can be wrong. If the folder cannot be
 * written, nothing is kept.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** In a function's folder: Node names entries by the code's path relative to it, and each laptop has folders of its own. */
export const compiledCode = '.compiled';

export interface CompiledCodeOptions {
  readonly store?: string;
  /** Each has half a megabyte. A set of functions has eleven. */
  readonly mostKept?: number;
}

const usual = fileURLToPath(new URL('../../../node_modules/.cache/mayfly-functions', import.meta.url));

/** Links a function's folder to what was compiled of the same code. Which code it is shows in its size. */
export function keepCompiledCode(
  folder: string,
  { store = usual, mostKept = 66 }: CompiledCodeOptions = {},
): void {
  const code = join(folder, 'index.mjs');
  if (!existsSync(code)) return;
  const kept = join(store, String(statSync(code).size));
  try {
    if (!existsSync(kept)) makeRoom(store, mostKept - 1);
    mkdirSync(kept, { recursive: true });
    symlinkSync(kept, join(folder, compiledCode));
  } catch {
    // Each process compiles for itself.
  }
}

/** Removes those that were made first: the code has changed since, or is compiled again. */
function makeRoom(store: string, most: number): void {
  if (!existsSync(store)) return;
  const found = readdirSync(store).map((name) => ({ name, at: statSync(join(store, name)).mtimeMs }));
  const old = found.sort((one, other) => other.at - one.at).slice(most);
  for (const { name } of old) rmSync(join(store, name), { recursive: true, force: true });
}
