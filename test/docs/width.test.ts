/** The formatter leaves Markdown alone, so this keeps prose readable beside code. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { read, root } from './markdown.ts';

const widest = 135;
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
const written = ['README.md', 'CONTRIBUTING.md', ...inDocs.map((path) => join('docs', path))].filter(
  (path) => path.endsWith('.md') && path !== 'docs/IAM.md',
);

it(`wraps prose at ${widest} columns`, () => {
  expect(written).toContain('docs/RUNBOOK.md');
  expect(written.flatMap(tooWide)).toEqual([]);
});

/** Tables, commands and what cannot be broken may be as wide as they must. */
function tooWide(path: string): string[] {
  let isCode = false;
  return read(path)
    .split('\n')
    .flatMap((line, n) => {
      if (line.trimStart().startsWith('```')) isCode = !isCode;
      const isProse = !isCode && !/^\s*[|#]/.test(line) && /\S \S.* \S/.test(line);
      return isProse && line.length > widest ? [`${path}:${n + 1} has ${line.length} columns`] : [];
    });
}
