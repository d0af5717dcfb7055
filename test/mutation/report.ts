/** What a run of mutants says, folder by folder, and which survivors have a reason to stay. */
import { relative } from 'node:path';
import type { MutantResult } from '@stryker-mutator/api/core';
import { acceptedReasons, type Survivor } from './accepted.ts';
import { folderOf, goalOf } from './folders.ts';

export interface FolderReport {
  readonly folder: string;
  readonly mutants: number;
  /** In percent of the mutants, rounded down to a tenth. */
  readonly caught: number;
  readonly goal: number;
  readonly survivors: number;
}

export interface MutationReport {
  readonly folders: readonly FolderReport[];
  readonly survivors: readonly (Survivor & { readonly reason?: string })[];
}

type Result = Pick<MutantResult, 'fileName' | 'location' | 'mutatorName' | 'replacement' | 'status'>;

const caughtStatuses: readonly string[] = ['Killed', 'Timeout'];
const survivingStatuses: readonly string[] = ['Survived', 'NoCoverage'];

export function reportOf(results: readonly Result[], read: (path: string) => string): MutationReport {
  const judged = results
    .filter(({ status }) => [...caughtStatuses, ...survivingStatuses].includes(status))
    .map((result) => ({ ...result, file: relative(process.cwd(), result.fileName) }));
  const byFolder = Map.groupBy(judged, ({ file }) => folderOf(file));
  const folders = [...byFolder].map(([folder, all]): FolderReport => {
    const caught = all.filter(({ status }) => caughtStatuses.includes(status)).length;
    const share = Math.floor((caught / all.length) * 1000) / 10;
    return {
      folder,
      mutants: all.length,
      caught: share,
      goal: goalOf(folder),
      survivors: all.length - caught,
    };
  });
  const survivors = judged
    .filter(({ status }) => survivingStatuses.includes(status))
    .map((result) => {
      const survivor = survivorOf(result, read(result.fileName));
      const reason = acceptedReasons.find(({ is }) => is(survivor))?.reason;
      return { ...survivor, ...(reason === undefined ? {} : { reason }) };
    });
  return { folders: folders.toSorted((one, other) => (one.folder < other.folder ? -1 : 1)), survivors };
}

function survivorOf(result: Result & { readonly file: string }, source: string): Survivor {
  // Lines and columns are counted from 1.
  const { start, end } = result.location;
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  const cut = lines.map((line, n) =>
    line.slice(n === 0 ? start.column - 1 : 0, n === last ? end.column - 1 : undefined),
  );
  return {
    file: result.file,
    line: start.line,
    code: (lines[0] ?? '').trim(),
    mutator: result.mutatorName,
    before: cut.join('\n'),
    after: result.replacement ?? '',
    isLogged: isWithinLog(source, start) || isKeptForLog(source, start.line),
  };
}

interface Place {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

function isWithinLog(source: string, { line, column }: Place): boolean {
  const lines = source.split('\n').slice(0, line);
  const before = [...lines.slice(0, -1), lines.at(-1)!.slice(0, column - 1)].join('\n');
  const start = Math.max(...logCalls.map((name) => before.lastIndexOf(name)));
  if (start < 0) return false;
  let depth = 0;
  for (const sign of before.slice(start)) {
    if (sign === '(') depth += 1;
    // The call is over: what follows may be within another one.
    if (sign === ')' && --depth === 0) return false;
  }
  return true;
}

/**
 * An object of this name is often made for the log alone: then all of its uses are in such calls, or in another object
 * that is made for it.
 */
function isKeptForLog(source: string, line: number): boolean {
  const lines = source.split('\n');
  const name = /^const (about|why) = \{/.exec(lines[line - 1]?.trim() ?? '')?.[1];
  if (!name) return false;
  // A name, and neither a property nor its key.
  const use = new RegExp(`(?<!(?<!\\.\\.)\\.)\\b${name}\\b(?!\\??:)`, 'g');
  // Its block ends with the first line that is indented less.
  const after = lines.slice(line);
  const end = after.findIndex((text) => text !== '' && indentOf(text) < indentOf(lines[line - 1]!));
  const uses = after
    .slice(0, end < 0 ? undefined : end)
    .flatMap((text, n) =>
      [...codeOf(text).matchAll(use)].map(({ index }) => ({ line: line + n + 1, column: index + 1 })),
    );
  return (
    uses.length > 0 && uses.every((place) => isWithinLog(source, place) || isKeptForLog(source, place.line))
  );
}

const indentOf = (text: string) => text.search(/\S|$/);

/** The line with blanks for its comments and texts, where the name is a mere word; `${about}` is code. */
const codeOf = (text: string) =>
  text
    .replace(/^\s*(\/\/|\/?\*).*/, '')
    .replace(/'[^']*'|"[^"]*"/g, (words) => ' '.repeat(words.length))
    .replace(/\/\/.*/, '');

const logCalls = ['telemetry.event(', 'telemetry.count('];

export function printReport({ folders, survivors }: MutationReport, all: boolean): string {
  const table = folders.map(
    ({ folder, mutants, caught, goal }) =>
      `${folder.padEnd(20)} ${String(mutants).padStart(5)} mutants, ${caught.toFixed(1).padStart(5)} % caught (goal ${goal} %)`,
  );
  const listed = survivors
    .filter(({ reason }) => all || reason === undefined)
    .map(
      ({ file, line, before, after, reason }) =>
        `${file}:${line}  ${short(before)} → ${short(after)}${reason ? `  (${reason})` : ''}`,
    );
  const unexplained = survivors.filter(({ reason }) => reason === undefined).length;
  const sum = `${survivors.length} survivors, ${unexplained} of them without a reason in test/mutation/accepted.ts`;
  return `${[...table, '', ...listed, ...(listed.length > 0 ? [''] : []), sum].join('\n')}\n`;
}

const short = (code: string) => {
  const text = code.replace(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
};
