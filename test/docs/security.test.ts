/** The threat model names tests as proofs: each of them is there, under that very title. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { read, root } from './markdown.ts';

const page = 'docs/SECURITY.md';
const proofs = [...read(page).matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[^)]+\.ts)\)/g)].map(
  ([, title = '', file = '']) => ({ title, file }),
);

/** Whether a file has a test of that title, however its quotes are written. */
function hasTest(file: string, title: string): boolean {
  const path = join(root, file);
  if (!existsSync(path)) return false;
  const text = readFileSync(path, 'utf8').replaceAll("\\'", "'");
  return ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}${quote}`));
}

describe('the threat model', () => {
  it('names a test for nearly every claim', () => {
    expect(proofs.length).toBeGreaterThan(40);
  });

  it('names tests that exist, by their titles', () => {
    expect(proofs.filter(({ file, title }) => !hasTest(file, title))).toEqual([]);
  });

  it('has a proof, or says that it has none, in each row about an attacker', () => {
    const tables = read(page)
      .split('\n\n')
      .filter((part) => /^\| .*\| shown by +\|\n/.test(part));
    const rows = tables.flatMap((table) => table.trim().split('\n').slice(2));
    const lastCells = rows.map((row) => row.split('|').at(-2)!.trim());
    expect(rows.length).toBeGreaterThan(30);
    expect(lastCells.filter((cell) => !/\(\.\.\/test\/|not shown|^the same$/.test(cell))).toEqual([]);
  });
});
