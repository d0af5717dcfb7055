/** No file imports itself through others. In tests, what is imported for types alone does not count. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findCycle, importsOf } from '../support/import-cycles.ts';

const root = join(import.meta.dirname, '../..');
const folders = 'bin,examples,images,lambdas,lib,test';
const files = globSync([`{${folders}}/**/*.{ts,js,mjs,cjs}`, '*.{ts,js}'], {
  cwd: root,
  exclude: ['**/node_modules', '**/cdk.out', 'test/fixtures'],
});

const everything = { types: true };
/** Written with `@` in place of `./`, so that nothing which reads this file's own imports takes them for some. */
const importsIn = (path: string, text: string, options = everything) =>
  importsOf(path, text.replaceAll("'@", "'./"), options);
const graphOf = (texts: Record<string, string>, options = everything) =>
  new Map(Object.entries(texts).map(([path, text]) => [path, importsIn(path, text, options)]));

describe('the imports of the project', () => {
  it('form no cycle', () => {
    const imports = new Map(
      files.map((path) => {
        const types = !path.startsWith('test/');
        return [path, importsOf(path, readFileSync(join(root, path), 'utf8'), { types })];
      }),
    );
    expect(imports.size).toBeGreaterThan(1500);
    expect(imports.get('lib/app/sweep/sweep.ts')?.length).toBeGreaterThan(5);
    expect(findCycle(imports)).toBeUndefined();
  });

  it.each([
    ['a statement', "import { b } from '@b.ts';"],
    ['a statement of several lines', "import {\n  b,\n  c,\n} from '@b.ts';"],
    ['types', "import type { B } from '@b.ts';"],
    ['what is passed on', "export * from '@b.ts';"],
    ['the whole file', "import '@b.ts';"],
    ['a call', "const b = await import('@b.ts');"],
    ['a call of old', "const b = require('@b.ts');"],
  ])('are found in %s', (_, text) => {
    const circle = graphOf({ 'lib/a.ts': text, 'lib/b.ts': "export { c } from '@../lib/c.ts';" });
    expect(findCycle(circle)).toBeUndefined();
    circle.set('lib/c.ts', importsIn('lib/c.ts', "import { a } from '@a.ts';"));
    expect(findCycle(circle)).toEqual(['lib/a.ts', 'lib/b.ts', 'lib/c.ts', 'lib/a.ts']);
  });

  it('do not count if they are for types alone and type cycles are allowed', () => {
    const texts = { 'a.ts': "import type { B } from '@b.ts';", 'b.ts': "import { a } from '@a.ts';" };
    expect(findCycle(graphOf(texts))).toEqual(['a.ts', 'b.ts', 'a.ts']);
    expect(findCycle(graphOf(texts, { types: false }))).toBeUndefined();
  });
});
