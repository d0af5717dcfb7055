import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type StartValues, synthesizeOnce } from '../../lib/local/synthesis-cache.ts';
import { synthesizeApp } from '../../lib/stacks/synthesize.ts';
import config from '../../mayfly.config.ts';
import { nonEmpty } from '../support/non-empty.ts';

let base: string;
let made: number;
let unusable: string[];
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'mayfly-synthesis-'));
  made = 0;
  unusable = [];
  source('one');
  write('package.json', '{}');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const folder = () => join(base, 'cache');
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), text);
};
const source = (text: string) => write('lib/deep/source.ts', text);

/** One start, whose synthesis writes the given values. @returns the content of its output */
async function start(
  values: StartValues,
  { input = {}, name = 'a' }: { input?: unknown; name?: string } = {},
) {
  const outdir = join(base, `out-${Math.random()}`);
  const isFromCache = await synthesizeOnce(
    {
      folder: folder(),
      root: base,
      sources: ['lib', 'package.json'],
      without: 'lib/apart',
      mostEntries: 12,
      onUnusable: (why) => void unusable.push(why),
    },
    {
      input,
      values,
      outdir,
      synthesize() {
        made += 1;
        mkdirSync(join(outdir, 'asset.1'), { recursive: true });
        mkdirSync(join(outdir, 'bundles', 'x'), { recursive: true });
        writeFileSync(join(outdir, 'asset.1', 'index.mjs'), `code of ${name}`);
        const nested = JSON.stringify({ certificate: values['certificate'] });
        writeFileSync(
          join(outdir, 'template.json'),
          JSON.stringify({ ...values, nested, deep: JSON.stringify({ nested }) }),
        );
      },
    },
  );
  const template = JSON.parse(readFileSync(join(outdir, 'template.json'), 'utf8'));
  return { isFromCache, template, code: readFileSync(join(outdir, 'asset.1', 'index.mjs'), 'utf8') };
}

const first = { github: 'http://127.0.0.1:4123', certificate: '-----BEGIN\nONE\n-----END\n' };
const second = { github: 'http://127.0.0.1:41234', certificate: '-----BEGIN\nTWO\n-----END\n' };

describe('the cache of synthesis', () => {
  it('returns the same output again, with the values of the new start, however deep they are', async () => {
    await start(first);
    const { isFromCache, template } = await start(second);
    expect([isFromCache, made, unusable]).toEqual([true, 1, []]);
    expect(template).toMatchObject(second);
    expect(JSON.parse(template.nested)).toEqual({ certificate: second.certificate });
    expect(JSON.parse(JSON.parse(template.deep).nested)).toEqual({ certificate: second.certificate });
    expect((await start(first)).template).toMatchObject(first);
  });

  it('synthesizes anew when a source or the configuration changes', async () => {
    await start(first);
    source('two');
    expect(await start(first)).toMatchObject({ isFromCache: false });
    expect(await start(first, { input: { region: 'eu-west-1' } })).toMatchObject({ isFromCache: false });
    source('one');
    expect(await start(first)).toMatchObject({ isFromCache: true });
  });

  it('synthesizes anew when any file changes, comes or goes, but not in the folder that is left out', async () => {
    await start(first);
    write('package.json', '{ "version": "2" }');
    expect(await start(first)).toMatchObject({ isFromCache: false });
    write('lib/apart/deep/other.ts', 'left out');
    expect(await start(first)).toMatchObject({ isFromCache: true });
    write('lib/another.ts', 'one more');
    expect(await start(first)).toMatchObject({ isFromCache: false });
    rmSync(join(base, 'lib/another.ts'));
    expect(await start(first)).toMatchObject({ isFromCache: true });
  });

  it("returns the same output while editors keep files of their own beside the sources, such as Emacs' locks", async () => {
    await start(first);
    write('lib/deep/.source.ts.swp', 'unsaved');
    symlinkSync('somebody@host.123', join(base, 'lib/deep/.#source.ts'));
    expect(await start(first)).toMatchObject({ isFromCache: true });
  });

  it('allows concurrent starts, and leaves nothing unfinished', async () => {
    const starts = await Promise.all(Array.from({ length: 5 }, () => start(first)));
    for (const { template } of nonEmpty(starts)) expect(template).toMatchObject(first);
    expect(readdirSync(folder())).toHaveLength(1);
    expect(unusable).toEqual([]);
  });

  it('stays small', async () => {
    for (let n = 0; n < 15; n += 1) await start(first, { input: n });
    expect(readdirSync(folder())).toHaveLength(12);
    expect(await start(first, { input: 14 })).toMatchObject({ isFromCache: true });
    expect(await start(first, { input: 0 })).toMatchObject({ isFromCache: false });
  });

  it('synthesizes anew if an entry is broken, as when another start is removing it', async () => {
    await start(first);
    const [entry = ''] = readdirSync(folder());
    rmSync(join(folder(), entry, 'output'), { recursive: true });
    expect(await start(second)).toMatchObject({ isFromCache: false, template: second });
    expect(unusable).toEqual([expect.stringContaining('cannot be read')]);
    expect(await start(first)).toMatchObject({ isFromCache: true, template: first });
  });

  it('starts without it if it cannot be written', async () => {
    writeFileSync(folder(), 'a file in its place');
    expect(await start(first)).toMatchObject({ isFromCache: false, template: first });
    expect(unusable).toHaveLength(1);
  });

  it('stores nothing that contains a value where it cannot be replaced', async () => {
    await start(first, { name: first.github });
    expect(await start(second)).toMatchObject({ isFromCache: false, code: 'code of a' });
    expect(unusable).toEqual(['a file that is not JSON holds a value of this start']);
  });

  it('returns the same as a fresh synthesis for the real app', async () => {
    const { awsCertificates } = await import('../../lib/contract/aws-certificates.ts');
    const pem = (base64: string) => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
    const [one = '', two = ''] = Object.values(awsCertificates).flat().map(pem);
    expect(one).not.toBe(two);
    const synthesizeReal = (values: StartValues, outdir: string) => {
      const urls = {
        githubApiUrl: values['github']!,
        githubWebUrl: values['github']!,
        runnerReleasesUrl: values['github']!,
      };
      synthesizeApp(
        { ...config, ...urls, identityCertificates: { [config.region]: [values['certificate']!] } },
        { outdir },
      );
    };
    const values = [first, second].map(({ github }, n) => ({ github, certificate: [one, two][n]! }));
    const outdirs = ['one', 'two', 'fresh'].map((name) => join(base, name));
    for (const n of [0, 1]) {
      await synthesizeOnce(
        {
          folder: folder(),
          root: base,
          sources: [],
          mostEntries: 12,
          onUnusable: (why) => void unusable.push(why),
        },
        {
          input: {},
          values: values[n]!,
          outdir: outdirs[n]!,
          synthesize: () => synthesizeReal(values[n]!, outdirs[n]!),
        },
      );
    }
    synthesizeReal(values[1]!, outdirs[2]!);
    expect(unusable).toEqual([]);
    const templates = globSync('*.template.json', { cwd: outdirs[2]! });
    expect(templates.length).toBeGreaterThan(3);
    for (const name of nonEmpty(templates)) {
      expect(withoutHashes(join(outdirs[1]!, name))).toEqual(withoutHashes(join(outdirs[2]!, name)));
    }
    const deployments = outdirs.slice(1).map((outdir) => contents(outdir, 'asset.*/deployment.json'));
    expect(deployments[0]).toEqual(deployments[1]);
  });
});

/** An asset's name is the hash of its content, but the laptop finds it through the manifest and needs no hash. */
const withoutHashes = (path: string) => readFileSync(path, 'utf8').replace(/[0-9a-f]{64}/g, 'hash');
const contents = (folder: string, pattern: string) =>
  globSync(pattern, { cwd: folder })
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .sort();
