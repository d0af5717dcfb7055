/**
 * Lints only files that have changed since they last passed: the linter judges each file alone, and takes ten seconds of a
 * processor for all of them. `npm run lint` lints them all.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What the judgement of every file depends on. */
const common = [
  'biome.json',
  'package.json',
  'tsconfig.json',
  '.gitignore',
  'node_modules/@biomejs/biome/package.json',
];

export interface LintOptions {
  readonly root: string;
  /** Where to keep what passed. */
  readonly memory: string;
  /** @returns whether all of them passed */
  readonly lint: (files: readonly string[]) => Promise<boolean>;
}

/** @returns whether every file of the folder passes */
export async function lintChanged({ root, memory, lint }: LintOptions): Promise<boolean> {
  const keys = keysOf(root);
  const passed = new Set(existsSync(memory) ? readFileSync(memory, 'utf8').split('\n') : []);
  const changed = [...keys].filter(([, key]) => !passed.has(key)).map(([file]) => file);
  if (changed.length > 0 && !(await lint(changed))) return false;
  // A file that changed meanwhile may have been read before or after.
  const same = [...keysOf(root)].filter(([file, key]) => keys.get(file) === key);
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, same.map(([, key]) => key).join('\n'));
  return true;
}

/** Much that the linter would not read: it leaves out more, as biome.json says. */
const exclude = ['node_modules', '.git', '.build', 'cdk.out', 'coverage', 'dist', '.mayfly', '.mayfly-host'];

/** Of each file: the same while the linter would say the same of it. */
function keysOf(root: string): Map<string, string> {
  const read = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file)) : '');
  const rules = digestOf(...common.map(read));
  const found = globSync('**/*', { cwd: root, exclude, withFileTypes: true }).filter((one) => one.isFile());
  const files = found.map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  return new Map(files.map((file) => [file, digestOf(rules, file, read(file))]));
}

function digestOf(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length} `).update(part);
  return hash.digest('base64');
}
