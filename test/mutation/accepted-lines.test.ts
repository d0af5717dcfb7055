/** An accepted line stands for a line of the sources: once that has changed, the entry hides nothing, and must go. */
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { nonEmpty } from '../support/non-empty.ts';
import { acceptedLines } from './accepted-lines.ts';
import { acceptedOfAdmission } from './accepted-lines-of-admission.ts';
import { acceptedOfMachines } from './accepted-lines-of-machines.ts';
import { acceptedOfRepairs } from './accepted-lines-of-repairs.ts';

const app = new URL('../../lib/app/', import.meta.url);
/** Runs list mutants without line breaks. */
const onOneLine = (text: string) => text.replace(/\s+/g, ' ');

const files = [...acceptedLines, ...acceptedOfAdmission, ...acceptedOfMachines, ...acceptedOfRepairs].flatMap(
  ({ lines }) => Object.entries(lines),
);

it.each(nonEmpty(files))('accepts survivors only of lines that %s has', (file, entries) => {
  const source = onOneLine(readFileSync(new URL(file, app), 'utf8'));
  const gone = entries.filter((entry) => !source.includes(onOneLine(entry.split(' → ')[0]!)));
  expect(gone).toEqual([]);
});
