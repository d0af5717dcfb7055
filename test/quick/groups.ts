/** Which test files share a process under Jest: those that load much the same. */
import { join, relative, sep } from 'node:path';

const tests = join(import.meta.dirname, '..');

/** They start many processes, some of which end after the file, or compute for so long that loading does not matter. */
const apart = ['package', 'quick', 'scale', 'sim'];
const apartFiles = [
  'cli/scripts.test.ts',
  'docs/readme.test.ts',
  'docs/single-host.test.ts',
  'local/ec2/boot.test.ts',
  'local/guard/endings.test.ts',
];

const groups: Readonly<Record<string, string>> = {
  constructs: 'stacks',
  images: 'stacks',
  stacks: 'stacks',
  local: 'local',
  cli: 'cli',
  e2e: 'e2e',
};

/** Files with the same answer share. @returns undefined: it has a process of its own */
export function groupOf(path: string): string | undefined {
  const file = relative(tests, path).split(sep).join('/');
  const [folder = ''] = file.split('/');
  return apart.includes(folder) || apartFiles.includes(file) ? undefined : (groups[folder] ?? 'rules');
}
