/** The documents name files, headings, reasons and settings; all of these are there, and none is left out. */
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkConfig } from '../../lib/config/check-config.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import config from '../../mayfly.config.ts';
import { anchors, fileLinks, markedBlocks, markedRows, namedPaths, read, root } from './markdown.ts';

const documents = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })];

describe('the documents', () => {
  it.each(documents)('%s links to files, headings and lines that exist', (path) => {
    const broken = fileLinks(path).filter((link) => {
      const [file = '', anchor] = link.split('#');
      if (!existsSync(join(root, file))) return true;
      const [, line] = /^L(\d+)$/.exec(anchor ?? '') ?? [];
      if (line !== undefined) return Number(line) > read(file).split('\n').length;
      return anchor !== undefined && !anchors(file).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(documents)('%s names paths that exist', (path) => {
    expect(namedPaths(path).filter((named) => !existsSync(join(root, named)))).toEqual([]);
  });

  it('tell npm scripts and commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = documents.flatMap((path) =>
      [...read(path).matchAll(/npm (?:run (?:--silent )?)?([a-z][\w:]*)/g)].map((match) => match[1]!),
    );
    const own = new Set(named.filter((name) => !['ci', 'install', 'pack', 'run', 'scripts'].includes(name)));
    expect([...own].filter((name) => !(name in scripts))).toEqual([]);
    expect(own).toContain('demo');
  });

  it('put no secret on a command line of AWS, where everybody on the machine could read it', () => {
    const values = documents.flatMap((path) =>
      [...read(path).matchAll(/--secret-string[= ](\S+)/g)].map((match) => match[1]!),
    );
    expect(new Set(values)).toEqual(new Set(['file:///dev/stdin']));
  });
});

describe('README', () => {
  it('is short enough for a newcomer to read', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(260);
  });

  it('links to every document', () => {
    const linked = new Set(fileLinks('README.md').map((link) => link.split('#')[0]));
    const pages = globSync('docs/*.md', { cwd: root });
    expect(pages.length).toBeGreaterThan(8);
    expect(pages.filter((path) => !linked.has(path))).toEqual([]);
  });
});

describe('docs/CONFIGURATION.md', () => {
  it('explains every reason that a job can have, and no other', () => {
    const codes = [...read('lib/core/reason.ts').matchAll(/^ {2}\| '([a-z-]+)'/gm)].map((match) => match[1]);
    expect(codes.length).toBeGreaterThan(15);
    const explained = markedRows('docs/CONFIGURATION.md', 'reasons').map(([code]) => code);
    expect(explained.toSorted()).toEqual(codes.toSorted());
  });

  it('lists every setting of the configuration, and no other', () => {
    const shape = read('lib/config/config.ts');
    const [platform = '', tier = ''] = shape.split('export interface TierConfig');
    const settings = (text: string) => [...text.matchAll(/^ {2}readonly (\w+)/gm)].map((match) => match[1]);
    const listed = markedRows('docs/CONFIGURATION.md', 'configuration').map(([name = '']) => name);
    const top = listed.filter((name) => !name.includes('.'));
    expect([...top, 'limits', 'caps', 'rates'].toSorted()).toEqual(settings(platform).toSorted());
    const ofTier = listed.filter((name) => name.startsWith('tiers.*.')).map((name) => name.slice(8));
    expect(ofTier.toSorted()).toEqual(settings(tier).toSorted());
  });

  it('shows tiers that the configuration takes as they are', () => {
    const outcomes = markedBlocks('docs/CONFIGURATION.md', 'tiers').map((block) => {
      const shown: Partial<MayflyConfig> = new Function(`return {${block}}`)();
      return checkConfig({ ...config, ...shown });
    });
    expect(outcomes).toMatchObject([
      { ok: true, config: { deployment: { defaultTier: 'starter' } } },
      { ok: true, config: { deployment: { defaultTier: 'small' } } },
    ]);
  });
});
