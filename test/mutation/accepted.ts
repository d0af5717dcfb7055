/**
 * Survivors that may stay, and why. A rule names what a whole kind of mutant has in common, or one line; whatever no rule
 * takes is shown by each run, until a test finds it or a rule says why none should.
 */

import { acceptedLines } from './accepted-lines.ts';
import { acceptedOfAdmission } from './accepted-lines-of-admission.ts';
import { acceptedOfMachines } from './accepted-lines-of-machines.ts';
import { acceptedOfRepairs } from './accepted-lines-of-repairs.ts';

/** A mutant that no test found. */
export interface Survivor {
  readonly file: string;
  readonly line: number;
  /** The line on which it begins, as it is in the source. */
  readonly code: string;
  /** Stryker's word for the kind: https://stryker-mutator.io/docs/mutation-testing-elements/supported-mutators */
  readonly mutator: string;
  readonly before: string;
  readonly after: string;
  /** It is within a call that writes a line of the log, or counts; or it is kept for such a call. */
  readonly isLogged: boolean;
}

interface Accepted {
  readonly reason: string;
  readonly is: (survivor: Survivor) => boolean;
}

/** Two words and more: what people read. A word of the platform's own has no space. */
const isProse = (text: string) => /^[`'"].*\S \S/s.test(text);

/** It compares points in time. */
const isOfTimes = (text: string) => /\b(now|until|deadline|endsAt|\w+(At|Until))\b/.test(text);

/** Alarms and dashboards count it: an object of metrics, or a line with one of them. */
const isMetric = ({ before, code }: Survivor) => /^\{\s*[A-Z]/.test(before) || /^[A-Z]\w*: /.test(code);

/** A line of this file that holds this text. */
const at =
  (file: string, text: string) =>
  (survivor: Survivor): boolean =>
    survivor.file === file && survivor.code.includes(text);

/** What a run lists of it, without line breaks. */
const listed = ({ before, after }: Survivor) => `${before} → ${after}`.replace(/\s+/g, ' ');

/** `true → false` stands for that literal alone, and not for every comparison with it. */
const isListedAs = (entry: string, survivor: Survivor) =>
  /^(true|false) → /.test(entry) ? listed(survivor) === entry : listed(survivor).endsWith(entry);

/** What an entry holds: a mutant, and a part of its line, or only one of them. */
export function partsOf(entry: string): { readonly mutant?: string; readonly line?: string } {
  const [first = '', line] = entry.split(' @ ');
  if (!first.includes(' → ')) return { line: first };
  return { mutant: first, ...(line === undefined ? {} : { line }) };
}

const ofLines = [...acceptedLines, ...acceptedOfAdmission, ...acceptedOfMachines, ...acceptedOfRepairs].map(
  ({ reason, lines }): Accepted => ({
    reason,
    is: (survivor) =>
      (lines[survivor.file.replace('lib/app/', '')] ?? [])
        .map(partsOf)
        .some(
          ({ mutant, line }) =>
            (mutant === undefined || isListedAs(mutant, survivor)) &&
            (line === undefined || survivor.code.includes(line)),
        ),
  }),
);

export const acceptedReasons: readonly Accepted[] = [
  {
    reason: 'words for people: tests look for the parts that matter',
    is: ({ mutator, before }) => mutator === 'StringLiteral' && isProse(before),
  },
  {
    reason: 'a line of the log and its level: tests look at those that people are told to look for',
    is: (survivor) =>
      (survivor.isLogged || /telemetry\.(event|count)\(/.test(survivor.code)) &&
      !survivor.code.startsWith('if') &&
      survivor.before !== '' &&
      !isMetric(survivor),
  },
  {
    reason: 'the same: what is undefined is left out of rows and messages, too',
    is: ({ mutator, before, after, code }) =>
      mutator === 'ConditionalExpression' &&
      before.endsWith(' === undefined') &&
      after === 'false' &&
      code.includes(`...(${before} ? {} : {`),
  },
  {
    reason: 'the same: in the very millisecond either is right',
    is: ({ mutator, before, after }) =>
      mutator === 'EqualityOperator' &&
      isOfTimes(before) &&
      after.replace('=', '') === before.replace('=', ''),
  },
  {
    reason: 'only a programming error would come there, which nothing hides',
    is: ({ before, after }) => before === '!(error instanceof OperationalError)' && after === 'false',
  },
  {
    reason: 'no list has such an entry: the type forbids it, and nobody looks for it',
    is: ({ mutator, before }) => mutator === 'ArrayDeclaration' && before === '[]',
  },
  {
    reason: 'the same: only the type allows for a value that is not there',
    is: ({ file, mutator }) => file.startsWith('lib/core/') && mutator === 'OptionalChaining',
  },
  {
    reason: 'the same: what is equal on both sides of the comparison is the same either way',
    is: (survivor) =>
      survivor.mutator === 'EqualityOperator' &&
      [
        at('lib/core/github-budget.ts', 'one.resetsAt > other.resetsAt'),
        at('lib/core/github-budget.ts', 'one.remaining <= other.remaining'),
        at('lib/core/next-in-turn.ts', 'keyOf(one) < keyOf(other)'),
        at('lib/core/next-in-turn.ts', 'start <= 0'),
        at('lib/core/shared-cap.ts', 'ofOne < ofOther'),
        at('lib/core/shared-cap.ts', 'tenantTierKey(one) < tenantTierKey(other)'),
      ].some((is) => is(survivor)),
  },
  {
    reason: 'the same: nothing comes behind undefined, and the search for it finds nothing',
    is: at('lib/core/next-in-turn.ts', 'after === undefined'),
  },
  {
    reason: 'the same: any other word means the same there',
    is: (survivor) =>
      [
        at('lib/core/runner-level.ts', "?? '')"),
        at('lib/core/runner-release.ts', "digest ?? ''"),
        at('lib/core/runner-group.ts', "case 'unreadable':"),
        at('lib/core/scope.ts', "'organization' : 'repository'"),
      ].some((is) => is(survivor)),
  },
  {
    reason: 'a shortcut: the way round gives the same',
    is: at('lib/core/shared-cap.ts', 'only && others.length === 0'),
  },
  {
    reason: 'cannot happen: who calls it has looked for the tier',
    is: at('lib/core/job-rest.ts', 'return job.tier ? { reason: why, rest:'),
  },
  {
    reason: 'never used: without a scope there is a fault, and the settings are refused as a whole',
    is: at('lib/host/check-config.ts', 'scope: scope ?? {'),
  },
  ...ofLines,
];
