/** An accepted line stands for a line of the sources: once that has changed, the entry hides nothing, and must go. */
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { nonEmpty } from '../support/non-empty.ts';
import { partsOf } from './accepted.ts';
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
  const isThere = (entry: string) => {
    const { mutant = '', line = '' } = partsOf(entry);
    return [mutant.split(' → ')[0]!, line].every((part) => source.includes(onOneLine(part)));
  };
  expect(entries.filter((entry) => !isThere(entry))).toEqual([]);
});

it.each([
  ['a === b', { line: 'a === b' }],
  ['a === b → true', { mutant: 'a === b → true' }],
  ['a → "" @ kind: a', { mutant: 'a → ""', line: 'kind: a' }],
])('reads the entry %s', (entry, parts) => {
  expect(partsOf(entry)).toEqual(parts);
});
