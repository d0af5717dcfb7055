/**
 * One of the processes of `npm run test:fast`: runs the test files that its parent names, one after the other, and loads each
 * module once for all of them. A file that changed the environment leaves it as it was; other globals are not put back.
 * Whatever cannot be told as the failure of a test ends this process, and so fails the file that ran.
 */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { collect, runSuite, type Test, testsIn } from '../mutation/jest-globals.ts';
import type { FileReport, TestFailure, WorkerSettings } from './run-files.ts';

const { testSeconds } = JSON.parse(process.argv[2] ?? '{}') as WorkerSettings;
const globals = import.meta.resolve('../mutation/jest-globals.ts');
registerHooks({
  resolve: (specifier, from, next) =>
    specifier === '@jest/globals' ? { url: globals, shortCircuit: true } : next(specifier, from),
});

process.on('message', (file) => void report(String(file)));
process.once('disconnect', () => process.exit());

async function report(file: string): Promise<void> {
  const environment = { ...process.env };
  const told = await runFile(file);
  process.env = environment;
  process.send?.(told);
}

async function runFile(file: string): Promise<FileReport> {
  const failures: TestFailure[] = [];
  const suite = await collect(file, () => import(pathToFileURL(file).href)).catch((error: unknown) => error);
  if (!isSuite(suite)) return { file, tests: 0, failures: [failureOf({ id: file }, suite)] };
  const tests = testsIn(suite).length;
  if (tests === 0) return { file, tests, failures: [failureOf({ id: file }, 'It has no tests.')] };
  let timer: NodeJS.Timeout | undefined;
  await runSuite(suite, {
    isWanted: () => true,
    begin: (begun) => {
      clearTimeout(timer);
      timer = setTimeout(() => giveUp(begun), testSeconds * 1000);
    },
    end: (test, failure) => {
      if (failure !== undefined) failures.push(failureOf(test, failure));
      return true;
    },
  });
  clearTimeout(timer);
  return { file, tests, failures };
}

const isSuite = (found: unknown): found is Awaited<ReturnType<typeof collect>> =>
  typeof found === 'object' && found !== null && 'items' in found;

function failureOf({ id }: Pick<Test, 'id'>, failure: unknown): TestFailure {
  return { id, message: failure instanceof Error ? (failure.stack ?? failure.message) : String(failure) };
}

/** What hangs would hang for ever: nothing can end it but the end of the process. */
function giveUp([test]: readonly Test[]): void {
  process.stderr.write(`${test?.id} was not over after ${testSeconds} s.\n`);
  process.exit(1);
}
