/** What `npm ci` installs: each package is checked by its hash, and the Node that the documents name is enough for all. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { read, root } from './markdown.ts';

interface Entry {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly inBundle?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly engines?: { readonly node?: string };
}

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Entry>>;
};
const installed = Object.entries(lock.packages).filter(([path]) => path !== '');

/** Whether Node would find it from there: in its own `node_modules`, or in that of a folder above. */
function isLocked(path: string, name: string): boolean {
  const folders = path.split('/node_modules/').map((_, n, all) => all.slice(0, n + 1).join('/node_modules/'));
  return ['', ...folders.map((folder) => `${folder}/`)].some(
    (folder) => `${folder}node_modules/${name}` in lock.packages,
  );
}

describe('package-lock.json', () => {
  it('has the hash of every package, also of those for other platforms', () => {
    expect(installed.length).toBeGreaterThan(400);
    // What lies inside another package's archive is covered by that archive's hash.
    const unchecked = installed.filter(([, { integrity, inBundle }]) => !integrity && !inBundle);
    expect(unchecked.map(([path]) => path)).toEqual([]);
  });

  it('leaves out no optional package: npm ci would refuse it if the registry has that package', () => {
    const wanted = installed.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).map((name) => ({ path, name })),
    );
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter(({ path, name }) => !isLocked(path, name))).toEqual([]);
  });

  it('names no registry but the public one', () => {
    const elsewhere = installed.filter(
      ([, { resolved }]) => resolved && new URL(resolved).host !== 'registry.npmjs.org',
    );
    expect(elsewhere).toEqual([]);
  });
});

describe('the Node that the documents name', () => {
  const { engines } = JSON.parse(read('package.json'));
  const wanted = numbers(engines.node);

  it('is enough for every package', () => {
    const newer = installed.filter(([, { engines: { node = '*' } = {} }]) =>
      // Ranges of several parts allow what any part allows.
      node.split('||').every((part) => compare(numbers(part), wanted) > 0),
    );
    expect(newer.map(([path, { engines: needs }]) => `${path} needs ${needs?.node}`)).toEqual([]);
  });

  it('is the same in README, in CONTRIBUTING and in package.json', () => {
    const [major, minor] = wanted;
    for (const path of ['README.md', 'CONTRIBUTING.md'])
      expect(read(path)).toContain(`Node ${major}.${minor} or later`);
  });
});

/** `>=22.12.0` as [22, 12, 0]; no number is no bound. */
function numbers(range: string): number[] {
  const [, major = 0, minor = 0, patch = 0] = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(range) ?? [];
  return [major, minor, patch].map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, n) => number !== b[n]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
