/** The report of a file as Jest's reporters read it. */
import type { FileReport, TestOutcome } from './worker-process.ts';

export type JestResult = ReturnType<typeof jestResult>;

/** Milliseconds since 1970. */
interface Times {
  readonly start: number;
  readonly end: number;
}

/** Why the file failed, where that is the failure of no test: it has none, cannot be loaded, or its process ended. */
export function wholeFailure({ file, failures }: FileReport): string | undefined {
  const found = failures.filter(({ id }) => id === file).map(({ message }) => message);
  return found.length === 0 ? undefined : found.join('\n');
}

export function jestResult({ file, outcomes }: FileReport, { start, end }: Times) {
  const count = (wanted: TestOutcome['status']) => outcomes.filter(({ status }) => status === wanted).length;
  const failed = outcomes.filter(({ status }) => status === 'failed');
  return {
    testFilePath: file,
    testResults: outcomes.map(assertionOf),
    numPassingTests: count('passed'),
    numFailingTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: 0,
    ...(failed.length === 0 ? {} : { failureMessage: failed.map(failureText).join('\n') }),
    perfStats: { start, end, runtime: end - start, slow: end - start > slowMilliseconds },
    ...{ leaks: false, openHandles: [], skipped: false },
    snapshot: {
      ...{ added: 0, fileDeleted: false, matched: 0, unchecked: 0 },
      ...{ uncheckedKeys: [], unmatched: 0, updated: 0 },
    },
  };
}

/** As Jest's own, whose reporters print the time of slower files. */
const slowMilliseconds = 5_000;

const assertionOf = ({ titles, status, milliseconds, messages }: TestOutcome) => ({
  ancestorTitles: titles.slice(0, -1),
  title: titles.at(-1) ?? '',
  fullName: titles.join(' '),
  status,
  duration: Math.round(milliseconds),
  failureMessages: messages,
  failureDetails: [],
  numPassingAsserts: 0,
});

const failureText = ({ titles, messages }: TestOutcome) =>
  `  ● ${titles.join(' › ')}\n\n${messages.join('\n')}\n`;
