/**
 * Runs the test files that its parent names, one after the other, and loads each module once for all of them. A file that
 * changes the environment leaves it as it was; one that leaves anything else behind has failed. Whatever is not the
 * failure of a test ends this process, and so fails the file that ran. The parent kills this process when a file or a test
 * hangs.
 */
import { registerHooks } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { collect, runSuite, type Test, testsIn } from '../mutation/jest-globals.ts';
import { leftovers, surroundings } from './leftovers.ts';
import type { FileReport, TestFailure, TestOutcome, WorkerMessage, WorkerOptions } from './worker-process.ts';

const { restSeconds, mostBytes, isShared, titles = '' }: WorkerOptions = JSON.parse(process.argv[2]!);

const globals = import.meta.resolve('../mutation/jest-globals.ts');
registerHooks({
  resolve: (specifier, from, next) =>
    specifier === '@jest/globals' ? { url: globals, shortCircuit: true } : next(specifier, from),
});

process.on('message', (file) => (file === '' ? end() : void report(String(file))));
process.once('disconnect', end);

/** A test may replace it. */
const { exit } = process;

/** As it should: a test may have set another status. */
function end(): void {
  exit.call(process, 0);
}

type Found = Omit<FileReport, 'isLast'>;

async function report(file: string): Promise<void> {
  // Node loads what is global only when it is looked at: where no file follows, that is saved.
  const before = isShared ? surroundings() : undefined;
  const told = await runFile(file);
  // Node raises a rejection that nobody handled only after all microtasks: in time to end this process before the report.
  await setImmediate();
  const left = before ? await leftovers(before, restSeconds) : [];
  if (left.length === 0) return tell({ ...told, isLast: process.memoryUsage.rss() > mostBytes });
  const message = `It left behind: ${left.join(', ')}.`;
  tell({ ...told, failures: [...told.failures, { id: file, message }], isLast: true });
}

const tell = (message: WorkerMessage) => void process.send?.(message);

async function runFile(file: string): Promise<Found> {
  const suite = await collect(file, () => import(pathToFileURL(file).href)).catch((error: unknown) => error);
  if (!isSuite(suite)) return notRun(file, suite);
  const tests = testsIn(suite);
  if (tests.length === 0) return notRun(file, 'It has no tests.');
  const failures: TestFailure[] = [];
  const ended = new Map<Test, number>();
  await runSuite(suite, {
    isWanted,
    begin: ([first]) => void (first && tell({ begun: first.id })),
    end: (test, failure, milliseconds) => {
      ended.set(test, (ended.get(test) ?? 0) + milliseconds);
      if (failure !== undefined) failures.push(failureOf(test, failure));
      return true;
    },
  });
  const outcomes = tests.map((test): TestOutcome => {
    const messages = failures.filter(({ id }) => id === test.id).map(({ message }) => message);
    // Where a hook fails, none of its tests has passed.
    if (isWanted(test) && !ended.has(test)) messages.push('It did not run: a hook before it failed.');
    const status = messages.length > 0 ? 'failed' : isWanted(test) ? 'passed' : 'pending';
    return { titles: titlesOf(test), status, milliseconds: ended.get(test) ?? 0, messages };
  });
  return { file, tests: tests.length, failures, outcomes };
}

/** As Jest's `--testNamePattern`. */
const pattern = new RegExp(titles, 'i');
const isWanted = (test: Test) => pattern.test(titlesOf(test).join(' '));

const notRun = (file: string, reason: unknown): Found => ({
  ...{ file, tests: 0, outcomes: [] },
  failures: [failureOf({ id: file }, reason)],
});

function titlesOf({ suite, title }: Test): string[] {
  const titles = [title];
  // The outermost suite is the file.
  for (let outer = suite; outer.parent; outer = outer.parent) titles.unshift(outer.title);
  return titles;
}

const isSuite = (found: unknown): found is Awaited<ReturnType<typeof collect>> =>
  typeof found === 'object' && found !== null && 'items' in found;

function failureOf({ id }: Pick<Test, 'id'>, failure: unknown): TestFailure {
  return { id, message: failure instanceof Error ? (failure.stack ?? failure.message) : String(failure) };
}
