/** Reads the documents: the fenced blocks and tables that a `<!-- test: name -->` line marks, and the links between them. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The texts of the fenced blocks that carry this mark, in order. */
export function markedBlocks(path: string, mark: string): string[] {
  const pattern = new RegExp(`<!-- test: ${mark} -->\\n\`\`\`\\w*\\n([\\s\\S]*?)\`\`\``, 'g');
  return [...read(path).matchAll(pattern)].map((match) => match[1]!);
}

/** The rows of the table that carries this mark, without its head: each a list of cells, without backticks. */
export function markedRows(path: string, mark: string): string[][] {
  const [, table = ''] = new RegExp(`<!-- test: ${mark} -->\\n((?:\\|.*\\n)+)`).exec(read(path)) ?? [];
  const lines = table.split('\n').filter(Boolean).slice(2);
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.replaceAll('`', '').trim()),
  );
}

/** The targets of links to files, from the repository's root; a part behind `#` stays. */
export function fileLinks(path: string): string[] {
  const targets = [...withoutBlocks(path).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => (target.startsWith('#') ? `${path}${target}` : inRoot(path, target)));
}

const inRoot = (from: string, target: string) => relative(root, join(root, dirname(from), target));

/** Paths of this repository that are named in backticks or in code fences, links apart. */
export function namedPaths(path: string): string[] {
  const pattern = /(?<![\w./@{}-])((?:bin|lambdas|lib|test|docs|images|\.ci)\/[\w./-]*\w)/g;
  return [...read(path).matchAll(pattern)].map((match) => match[1]!);
}

/** The anchors that GitHub gives a document's headings. */
export function anchors(path: string): string[] {
  return [...withoutBlocks(path).matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const withoutBlocks = (path: string) => read(path).replace(/```[\s\S]*?```/g, '');
