/**
 * One of the processes of `npm run test:fast`: runs the test files that its parent names, one after the other, and loads each
 * module once for all of them. A file that changed the environment leaves it as it was; other globals are not put back.
 * Whatever is not the failure of a test ends this process, and so fails the file that ran. The parent kills this process when
 * a file or a test hangs.
 */
import { registerHooks } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { collect, runSuite, type Test, testsIn } from '../mutation/jest-globals.ts';
import type { FileReport, TestFailure, WorkerMessage } from './worker-process.ts';

const globals = import.meta.resolve('../mutation/jest-globals.ts');
registerHooks({
  resolve: (specifier, from, next) =>
    specifier === '@jest/globals' ? { url: globals, shortCircuit: true } : next(specifier, from),
});

process.on('message', (file) => (file === '' ? end() : void report(String(file))));
process.once('disconnect', end);

/** As it should: a test may have set another status. */
function end(): void {
  process.exit(0);
}

async function report(file: string): Promise<void> {
  const environment = { ...process.env };
  const told = await runFile(file);
  process.env = environment;
  // Node raises a rejection that nobody handled only after all microtasks: in time to end this process before the report.
  await setImmediate();
  tell(told);
}

const tell = (message: WorkerMessage) => process.send?.(message);

async function runFile(file: string): Promise<FileReport> {
  const failures: TestFailure[] = [];
  const suite = await collect(file, () => import(pathToFileURL(file).href)).catch((error: unknown) => error);
  if (!isSuite(suite)) return { file, tests: 0, failures: [failureOf({ id: file }, suite)] };
  const tests = testsIn(suite).length;
  if (tests === 0) return { file, tests, failures: [failureOf({ id: file }, 'It has no tests.')] };
  await runSuite(suite, {
    isWanted: () => true,
    begin: ([first]) => void (first && tell({ begun: first.id })),
    end: (test, failure) => {
      if (failure !== undefined) failures.push(failureOf(test, failure));
      return true;
    },
  });
  return { file, tests, failures };
}

const isSuite = (found: unknown): found is Awaited<ReturnType<typeof collect>> =>
  typeof found === 'object' && found !== null && 'items' in found;

function failureOf({ id }: Pick<Test, 'id'>, failure: unknown): TestFailure {
  return { id, message: failure instanceof Error ? (failure.stack ?? failure.message) : String(failure) };
}
