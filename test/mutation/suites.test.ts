import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { copied, suites, unreadFolders } from './suites.ts';

const root = join(import.meta.dirname, '../..');

/** A file and all that it imports from this repository. */
function withImports(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file)) return known;
  known.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from |import\()'(\.{1,2}\/[^']+)'/g);
  for (const [, path] of imports) withImports(join(dirname(file), path!), known);
  return known;
}

describe('the tests that judge mutants', () => {
  const judges = suites.flatMap((pattern) => globSync(pattern, { cwd: root }));

  it('are there, each pattern of them', () => {
    expect(suites.filter((pattern) => globSync(pattern, { cwd: root }).length === 0)).toEqual([]);
    expect(judges.length).toBeGreaterThan(60);
  });

  it('import nothing that a run leaves behind', () => {
    const known = new Set<string>();
    for (const judge of judges) withImports(join(root, judge), known);
    const unread = [...known]
      .map((file) => relative(root, file))
      .filter(
        (file) =>
          !copied.includes(file.split('/')[0] ?? '') ||
          unreadFolders.some((folder) => file.startsWith(`test/${folder}/`)),
      );
    expect(unread).toEqual([]);
  });
});
