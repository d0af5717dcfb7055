/** Every command of `mayfly` that the documents name is there, and has the options that they give it. */
import { globSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { explainJob } from '../../lib/app/insight/explain-job.ts';
import type { Command } from '../../lib/cli/command.ts';
import { commands } from '../cli/commands.ts';
import { explainedFacts } from '../support/explained-facts.ts';
import { situations } from '../support/situations.ts';
import { read, root } from './markdown.ts';

const documents = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];
/** Of the command line itself, not of a command. */
const general = ['--help', '--version', '--json'];

/** The command that a text begins with: `tenant set acme --group x` is `tenant set`. */
function commandOf(text: string): Command | undefined {
  const words = text.trim().split(/[\s.,:;]+/);
  const named = (count: number) => commands.find(({ name }) => name === words.slice(0, count).join(' '));
  return named(3) ?? named(2) ?? named(1);
}

function strangeOptions(text: string, { options = [] }: Command): string[] {
  const known = options.map(({ flags }) => flags.split(' ')[0]);
  const given = [...text.matchAll(/(?<= )--[a-z][a-z-]*/g)].map(([option]) => option);
  return given.filter((option) => !known.includes(option) && !general.includes(option));
}

function faultsIn(text: string): string[] {
  const command = commandOf(text);
  if (!command) return [`${text}: there is no such command`];
  return strangeOptions(text, command).map((option) => `${text}: it has no ${option}`);
}

/** What follows `npx mayfly`, to the end of the code or of the line. */
const named = (page: string) =>
  [...page.matchAll(/npx mayfly ([a-z][^`\n|)#"&>;]*)/g)].map(([, text = '']) => text.trim());

/** In docs/SEED-000.md each code that begins with a command's first word is a command. */
const inCode = (page: string) => {
  const words = new Set(commands.map(({ name }) => name.split(' ')[0]));
  return [...page.matchAll(/`([^`\n]+)`/g)]
    .map(([, text = '']) => text.replace(/^mayfly /, ''))
    .filter((text) => text.includes(' ') && words.has(text.split(' ')[0] ?? ''));
};

describe('docs/SEED-000.md', () => {
  it('maps to commands and options that there are', () => {
    const texts = inCode(read('docs/SEED-000.md'));
    expect(texts.length).toBeGreaterThan(30);
    expect(texts.flatMap(faultsIn)).toEqual([]);
  });
});

describe('the fixes that explain suggests', () => {
  it('names commands and options that there are', async () => {
    const explained = await Promise.all(Object.values(situations).map(explainedFacts));
    const texts = explained.flatMap(({ facts }) => named(explainJob(facts).fix ?? ''));
    expect(texts.length).toBeGreaterThan(20);
    expect(texts.flatMap(faultsIn)).toEqual([]);
  });
});

describe('the documents', () => {
  it.each(documents)('%s names commands and options that there are', (path) => {
    const texts = named(read(path)).filter((text) => !/^(?:help|and|then)\b/.test(text));
    expect(texts.flatMap(faultsIn)).toEqual([]);
  });
});
