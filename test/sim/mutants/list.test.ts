import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { nonEmpty } from '../../support/non-empty.ts';
import { mutants } from './list.ts';

const root = join(import.meta.dirname, '../../..');
const changes = mutants.flatMap(({ name, changes: own }) => own.map((change) => ({ name, ...change })));

it.each([...nonEmpty(changes)])('$name replaces a text that occurs once in its file', ({ file, from }) => {
  expect(readFileSync(join(root, file), 'utf8').split(from)).toHaveLength(2);
});

it.each([...nonEmpty(readdirSync(join(import.meta.dirname, 'by-folder')))])(
  'lists the mutants of %s',
  (file) => {
    expect(readFileSync(join(import.meta.dirname, 'list.ts'), 'utf8')).toContain(`'./by-folder/${file}'`);
  },
);
