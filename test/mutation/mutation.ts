/**
 * `npm run mutation`: tests the tests. Stryker puts small faults into the rules and use cases, one at a time, and the quick
 * suites must find each. What they do not find is listed, with the reason why it may stay.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCommandLine, exitStatus, oneOf, runScript } from '../../lib/cli/command-line.ts';
import { folders } from './folders.ts';
import { printReport, reportOf } from './report.ts';
import { ignored, suites } from './suites.ts';

interface MutationOptions {
  readonly only?: readonly string[];
  readonly file?: readonly string[];
  readonly tests?: readonly string[];
  readonly loading?: true;
  readonly all?: true;
  readonly json?: true;
}

const severally = (given: string, before: readonly string[] = []) => [...before, given];

await runScript(
  createCommandLine({
    name: 'npm run mutation --',
    description:
      'Puts small faults into lib/core and lib/app, one at a time, and lists those that no quick test finds. A folder takes a few minutes.',
  })
    .option('--only <folder>', `this folder only, such as core or app/claim; may be repeated`, oneOf(folders))
    .option('--file <path>', 'this file of them only; may be repeated', severally)
    .option('--tests <pattern>', 'run only these tests; may be repeated', severally)
    .option('--loading', 'also what runs while a file is loaded, such as constants: slow')
    .option('--all', 'list also the survivors whose reason is known')
    .option('--json', 'print one JSON object on one line')
    .addHelpText('after', exitStatus('a folder is below its goal'))
    .action(run),
);

async function run({
  only = folders,
  file,
  tests = suites,
  loading,
  all,
  json,
}: MutationOptions): Promise<void> {
  const { Stryker } = await import('@stryker-mutator/core');
  // The processes that run the tests have this process's environment, and Stryker's own options know no patterns of tests.
  process.env['MAYFLY_MUTATION_SUITES'] = JSON.stringify(tests);
  const results = await new Stryker({
    mutate: [...(file ?? only.map((folder) => `lib/${folder}/*.ts`))],
    ignorePatterns: [...ignored],
    plugins: [join(import.meta.dirname, 'runner.ts')],
    testRunner: 'in-process',
    coverageAnalysis: 'perTest',
    ignoreStatic: !loading,
    concurrency: 1,
    timeoutMS: 8_000,
    dryRunTimeoutMinutes: 60,
    tempDirName: '.mayfly/mutation',
    // It would want TypeScript's own library, which TypeScript 7 does not have; nothing here is compiled.
    tsconfigFile: 'none',
    disableTypeChecks: false,
    reporters: json || !process.stderr.isTTY ? [] : ['progress'],
    // In Stryker's types this is an enum, of which nothing is left at run time.
    logLevel: 'error' as never,
    allowConsoleColors: false,
  }).runMutationTest();
  const report = reportOf(results, (path) => readFileSync(path, 'utf8'));
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : printReport(report, all === true));
  if (report.folders.some(({ caught, goal }) => caught < goal)) process.exitCode = 1;
}
