import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { compiledCode, keepCompiledCode } from '../../../lib/local/lambda/compiled-code.ts';
import { givenBundle, givenCloud } from './fake-cloud.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'mayfly-compiled-'));
});
afterEach(() => rmSync(base, { recursive: true }));

const store = () => join(base, 'store');
/** Each file of the store: another one in its place has another number. */
const entries = () =>
  globSync('**/*', { cwd: store() })
    .map((path) => ({ path, stat: statSync(join(store(), path)) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ path, stat }) => `${path} ${stat.ino}`);

/** In a folder and a process of its own, as on a laptop of its own. */
async function callTwice(code: string, environment: Record<string, string> = {}): Promise<unknown[]> {
  const { folder, remove } = givenBundle(code);
  const { cloud, close } = givenCloud();
  keepCompiledCode(folder, { store: store() });
  cloud.functions.define({
    ...{ name: 'worker', arn: 'worker', folder, handler: 'index.handler', runtime: 'nodejs24.x' },
    ...{ memoryMegabytes: 128, timeoutSeconds: 60, environment, logGroup: '/worker', role: 'worker' },
  });
  cloud.functions.authorize('worker', { accessKeyId: 'KEY', secretAccessKey: 'hush' });
  // A process that takes a second call has stored what it compiled for the first.
  const answers = [await cloud.functions.invoke('worker', {}), await cloud.functions.invoke('worker', {})];
  await close();
  remove();
  return answers.map((answer) => (answer as { payload: unknown }).payload);
}

/** Of equal length. */
const codeOf = (letter: string) => `export const handler = async () => '${letter}';`;

describe('what V8 compiled of a function', () => {
  it('is stored by the first process, and serves one in another folder', async () => {
    expect(await callTwice(codeOf('a'))).toEqual(['a', 'a']);
    const first = entries();
    expect(first).toHaveLength(1);
    expect(await callTwice(codeOf('a'))).toEqual(['a', 'a']);
    expect(entries()).toEqual(first);
  });

  it('never serves other code, also of the same size', async () => {
    await callTwice(codeOf('a'));
    const first = entries();
    expect(await callTwice(codeOf('b'))).toEqual(['b', 'b']);
    expect(entries()).toHaveLength(1);
    expect(entries()).not.toEqual(first);
  });

  it('is removed when newer code needs its room', () => {
    for (const size of [1, 2, 3]) {
      const folder = join(base, String(size));
      mkdirSync(folder);
      writeFileSync(join(folder, 'index.mjs'), ' '.repeat(size));
      keepCompiledCode(folder, { store: store(), mostKept: 2 });
    }
    expect(readdirSync(store())).toHaveLength(2);
    expect(readdirSync(store())).toContain('3');
  });

  it('is not stored by a Node that takes no options', async () => {
    const older = `import module from 'node:module';
      module.enableCompileCache = () => { throw new TypeError('cacheDir should be a string'); };`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(older)}`;
    expect(await callTwice(codeOf('a'), { NODE_OPTIONS })).toEqual(['a', 'a']);
    expect(entries()).toEqual([]);
  });

  it('is not stored where nothing can be', () => {
    const { folder, remove } = givenBundle(codeOf('a'));
    writeFileSync(store(), 'a file');
    keepCompiledCode(folder, { store: store() });
    expect(existsSync(join(folder, compiledCode))).toBe(false);
    remove();
  });
});
