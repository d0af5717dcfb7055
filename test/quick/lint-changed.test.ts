import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { lintChanged } from './lint-changed.ts';

const folder = mkdtempSync(join(tmpdir(), 'mayfly-lint-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('files that changed since they last passed', () => {
  const all = ['a.ts', 'b.ts', 'biome.json'];
  let root: string;
  const write = (file: string, text: string) => writeFileSync(join(root, file), text);
  /** What was linted. */
  const lint = async (passes: () => boolean = () => true) => {
    const linted: string[] = [];
    const memory = join(root, '.build/linted');
    const passed = await lintChanged({
      ...{ root, memory },
      lint: async (files) => {
        linted.push(...files);
        return passes();
      },
    });
    return { linted: linted.sort(), passed };
  };
  beforeEach(() => {
    root = mkdtempSync(join(folder, 'root-'));
    for (const file of all) write(file, file);
  });

  it('are all at first, and then only those with another text', async () => {
    expect(await lint()).toEqual({ linted: all, passed: true });
    expect(await lint()).toEqual({ linted: [], passed: true });
    write('b.ts', 'other');
    write('new.ts', 'new');
    expect(await lint()).toEqual({ linted: ['b.ts', 'new.ts'], passed: true });
    write('b.ts', 'b.ts');
    rmSync(join(root, 'a.ts'));
    expect(await lint()).toEqual({ linted: ['b.ts'], passed: true });
  });

  it('stay the same while they do not pass', async () => {
    expect(await lint(() => false)).toEqual({ linted: all, passed: false });
    expect(await lint()).toEqual({ linted: all, passed: true });
  });

  it('are all if the rules changed', async () => {
    await lint();
    write('biome.json', 'other');
    expect((await lint()).linted).toEqual(all);
  });

  it('are those too that changed while they were linted', async () => {
    const changes = () => {
      write('a.ts', 'other');
      return true;
    };
    await lint(changes);
    expect((await lint()).linted).toEqual(['a.ts']);
    write('a.ts', 'a.ts');
    expect((await lint()).linted).toEqual(['a.ts']);
  });
});
