/** CONTRIBUTING: a loop with expectations goes over something that cannot be empty. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

interface Loop {
  readonly header: string;
  /** The header and what is indented below it: the formatter keeps that true. */
  readonly text: string;
}

function loopsIn(source: string): Loop[] {
  const lines = source.split('\n');
  return lines.flatMap((header, n) => {
    if (!/^\s*for (await )?\((const|let) .* of |\.forEach\(/.test(header)) return [];
    const indent = header.search(/\S/);
    const rest = lines.slice(n + 1);
    const end = rest.findIndex((line) => line !== '' && line.search(/\S/) <= indent);
    const isWhole = header.endsWith(';');
    return [{ header: header.trim(), text: [header, ...(isWhole ? [] : rest.slice(0, end))].join('\n') }];
  });
}

/** A literal with at least one item of its own, here or as a constant of the file. */
const isLiteral = (text: string) => /^\[\s*(?!\.\.\.|\]|\s)/.test(text);

function mayBeEmpty({ text }: Loop, source: string): boolean {
  const items = / of (.*)$/s.exec(text)?.[1] ?? '';
  const name = /^(\w+)\)/.exec(items)?.[1];
  const bound = name && new RegExp(`const ${name}(?:: [^=]*)? =\\s*(.*)`, 's').exec(source)?.[1];
  return ![items, bound ?? ''].some((list) => isLiteral(list) || /^nonEmpty[<(]/.test(list));
}

const vacuous = (source: string) =>
  loopsIn(source).filter((loop) => loop.text.includes('expect(') && mayBeEmpty(loop, source));

describe('loops with expectations', () => {
  it('go over a list of their own, or over nonEmpty(…)', () => {
    const files = globSync('test/**/*.ts');
    expect(files.length).toBeGreaterThan(200);
    const found = files
      .filter((file) => !file.endsWith('docs/loops.test.ts'))
      .flatMap((file) => vacuous(readFileSync(file, 'utf8')).map(({ header }) => `${file}: ${header}`));
    expect(found).toEqual([]);
  });

  it.each([
    ['for (const x of rows) expect(x).toBe(1);', 1],
    ['for (const x of rows) {\n  f();\n  expect(x).toBe(1);\n}\n', 1],
    ['for (const x of [...rows]) expect(x).toBe(1);', 1],
    ['rows.forEach((x) => {\n  expect(x).toBe(1);\n});\n', 1],
    ['for (const x of nonEmpty(rows)) expect(x).toBe(1);', 0],
    ['for (const x of [1, 2]) expect(x).toBe(1);', 0],
    ['const rows = [1, 2];\nfor (const x of rows) expect(x).toBe(1);', 0],
    ['for (const x of rows) f(x);\nexpect(1).toBe(1);\n', 0],
  ])('are told from others: %j', (source, count) => {
    expect(vacuous(source)).toHaveLength(count);
  });
});
