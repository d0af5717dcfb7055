/** Which test files share a process under Jest: those that load much the same. */
import { join, relative, sep } from 'node:path';

const tests = join(import.meta.dirname, '..');

/** They measure, need all of the machine, or take so long that loading is nothing beside it: a process for each file. */
const apart = ['docs', 'e2e', 'package', 'quick', 'scale', 'sim'];
const groups: Readonly<Record<string, string>> = {
  constructs: 'stacks',
  images: 'stacks',
  local: 'local',
  cli: 'cli',
};

/** Files with the same answer share. */
export function groupOf(path: string): string {
  const folder = relative(tests, path).split(sep)[0] ?? '';
  return apart.includes(folder) ? path : (groups[folder] ?? 'rules');
}
