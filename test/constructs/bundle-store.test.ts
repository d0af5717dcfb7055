/** That a kept bundle is used while everything that went into it is unchanged, and never after. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bundleOnce } from '../../lib/constructs/basics/bundle-store.ts';

let root: string;
let made: number;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mayfly-bundles-'));
  mkdirSync(join(root, 'node_modules', 'package'), { recursive: true });
  made = 0;
  write('handler.ts', 'one');
  write('node_modules/package/index.js', 'one');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, text: string) => writeFileSync(join(root, path), text);

/** As a new process would ask. @returns the number of the bundling that made what it got */
function bundled({ names = ['hello'], settings = {} }: { names?: string[]; settings?: unknown } = {}) {
  const texts = bundleOnce({ root, names, settings }, () => {
    made += 1;
    const inputs = ['handler.ts', 'node_modules/package/index.js'];
    return { texts: new Map(names.map((name) => [name, `${name} ${made}`])), inputs };
  });
  return [...texts.values()].join();
}

describe('what is kept of bundles', () => {
  it('serves the next process while nothing has changed', () => {
    expect([bundled(), bundled()]).toEqual(['hello 1', 'hello 1']);
  });

  it.each(['handler.ts', 'node_modules/package/index.js', 'package-lock.json', 'tsconfig.json'])(
    'is made anew when %s changes',
    (path) => {
      bundled();
      write(path, 'two');
      expect([bundled(), bundled()]).toEqual(['hello 2', 'hello 2']);
    },
  );

  it('is made anew when a file is gone', () => {
    bundled();
    rmSync(join(root, 'handler.ts'));
    expect(bundled()).toBe('hello 2');
  });

  it('is made anew for other settings of the bundler', () => {
    bundled();
    expect(bundled({ settings: { minify: true } })).toBe('hello 2');
  });

  it('is kept for each list of functions', () => {
    bundled();
    expect(bundled({ names: ['hello', 'world'] })).toBe('hello 2,world 2');
    expect([bundled(), made]).toEqual(['hello 1', 2]);
  });
});
