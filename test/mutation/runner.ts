/**
 * A test runner for Stryker: all tests in one process that loads them once. Stryker puts every mutant into the sources and
 * switches one on at a time, so that a mutant costs no more than the tests that reach it. What runs while files are loaded
 * can only be judged by loading them all again: then every file gets another address.
 */
import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { MutantCoverage } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { collect, runSuite, type Suite, type Test } from './jest-globals.ts';

/** What the mutated sources look at: Stryker's InstrumenterContext, whose parts are there or undefined. */
const context: {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  mutantCoverage?: MutantCoverage | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
} = {};
Object.assign(globalThis, { __stryker__: context });

class InProcessRunner implements TestRunner {
  #files: Suite[] = [];
  #loads = 0;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    const here = pathToFileURL(`${process.cwd()}/`).href;
    const globals = import.meta.resolve('./jest-globals.ts');
    registerHooks({
      resolve: (specifier, from, next) => {
        if (specifier === '@jest/globals') return { url: globals, shortCircuit: true };
        const found = next(specifier, from);
        const isOurs = found.url.startsWith(here) && !found.url.includes('/node_modules/');
        return isOurs ? { ...found, url: `${found.url}?load=${this.#loads}` } : found;
      },
    });
  }

  async dryRun(): Promise<DryRunResult> {
    const mutantCoverage: MutantCoverage = { static: {}, perTest: {} };
    Object.assign(context, { activeMutant: undefined, currentTestId: undefined, mutantCoverage });
    await this.#load();
    const tests = await this.#run({ isWanted: () => true, bail: false, mutantCoverage });
    context.mutantCoverage = undefined;
    return { status: DryRunStatus.Complete, tests, mutantCoverage };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { testFilter, hitLimit, activeMutant, mutantActivation, reloadEnvironment } = options;
    const whileLoading = mutantActivation === 'static' ? activeMutant.id : undefined;
    Object.assign(context, { activeMutant: whileLoading, hitCount: 0, hitLimit, currentTestId: undefined });
    if (reloadEnvironment || this.#files.length === 0) {
      const failure = await this.#load().catch((error: unknown) => ({ error }));
      if (failure) return loadingFailed(failure.error);
    }
    context.activeMutant = activeMutant.id;
    const wanted = testFilter && new Set(testFilter);
    const isWanted = ({ id }: Test) => wanted?.has(id) ?? true;
    const tests = await this.#run({ isWanted, bail: !options.disableBail });
    const endless = determineHitLimitReached(context.hitCount, hitLimit);
    return toMutantRunResult(endless ?? { status: DryRunStatus.Complete, tests });
  }

  async #load(): Promise<void> {
    const patterns = JSON.parse(process.env['MAYFLY_MUTATION_SUITES'] ?? '[]') as readonly string[];
    const files = patterns.flatMap((pattern) => globSync(pattern).sort());
    if (files.length === 0) throw new Error(`There are no tests ${patterns.join(', ')} in ${process.cwd()}.`);
    this.#loads++;
    this.#files = [];
    for (const file of files) {
      const url = `${pathToFileURL(file)}?load=${this.#loads}`;
      this.#files.push(await collect(file, () => import(url)));
    }
  }

  async #run(how: {
    isWanted: (test: Test) => boolean;
    bail: boolean;
    mutantCoverage?: MutantCoverage;
  }): Promise<TestResult[]> {
    const results: TestResult[] = [];
    const shared: (readonly Test[])[] = [];
    for (const file of this.#files) {
      const goesOn = await runSuite(file, {
        isWanted: how.isWanted,
        begin: (tests) => {
          if (tests.length > 1) shared.push(tests);
          context.currentTestId = tests.length > 1 ? `shared ${shared.length}` : tests[0]?.id;
        },
        end: (test, failure, milliseconds) => {
          results.push(resultOf(test, failure, milliseconds));
          return failure === undefined || !how.bail;
        },
      });
      if (!goesOn) break;
    }
    if (how.mutantCoverage) spread(how.mutantCoverage, shared);
    return results;
  }
}

/** What a file does wrong while it is loaded is seen by every test. */
const loadingFailed = (error: unknown): MutantRunResult =>
  toMutantRunResult({ status: DryRunStatus.Complete, tests: [resultOf({ id: 'loading' }, error, 0)] });

function resultOf({ id }: Pick<Test, 'id'>, failure: unknown, milliseconds: number): TestResult {
  const result = { id, name: id, timeSpentMs: Math.ceil(milliseconds) };
  if (failure === undefined) return { ...result, status: TestStatus.Success };
  return { ...result, status: TestStatus.Failed, failureMessage: String(failure) };
}

/** What the hooks of several tests reach, each of those tests reaches. */
function spread({ perTest }: MutantCoverage, shared: readonly (readonly Test[])[]): void {
  for (const [n, tests] of shared.entries()) {
    const hits = perTest[`shared ${n + 1}`];
    delete perTest[`shared ${n + 1}`];
    for (const { id } of hits ? tests : []) perTest[id] = { ...hits, ...perTest[id] };
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];
