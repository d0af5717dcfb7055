/**
 * `npm run test:fast`: linter, types and the quick tests, side by side, so that no processor is idle. Each runs to its end,
 * also if another one fails. The linter and the compiler, with which `npm test` begins, look only at what changed since they
 * last ran.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createCommandLine, exitStatus, runScript } from '../lib/cli/command-line.ts';
import { lintChanged } from './quick/lint-changed.ts';
import { mocksModules } from './quick/mocks-modules.ts';

const root = join(import.meta.dirname, '..');
// Four processes load the same sources, and tests start commands: what Node made of a source serves all, and the next run.
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules/.cache/compiled');
const folders = ['core', 'app', 'config', 'pages', 'contracts'];

await runScript(
  createCommandLine({
    name: 'npm run test:fast --',
    description: 'Runs the linter, the compiler and the quick tests side by side.',
  })
    .option('--no-tests', 'only the linter and the compiler, with which `npm test` begins')
    .addHelpText('after', exitStatus('a check failed'))
    .action(run),
);

async function run({ tests }: { readonly tests: boolean }): Promise<void> {
  const passed = await Promise.all([
    lintChanged({
      root,
      memory: join(root, '.build/linted'),
      // As a folder's: no mistake where a file is of no language that it knows, or is excluded.
      lint: (changed) => check('lint', '--files-ignore-unknown=true', '--no-errors-on-unmatched', ...changed),
    }),
    check('typecheck'),
    ...(tests ? quickTests() : []),
  ]);
  if (passed.includes(false)) process.exitCode = 1;
}

function quickTests(): Promise<boolean>[] {
  const files = globSync(`{${folders.join(',')}}/**/*.test.ts`, { cwd: import.meta.dirname })
    .sort()
    .map((file) => join(import.meta.dirname, file));
  const mocking = files.filter(mocksModules);
  return [
    testsIn(files.filter((file) => !mocking.includes(file))),
    ...(mocking.length === 0 ? [] : [check('test:jest', ...mocking)]),
  ];
}

async function testsIn(files: readonly string[]): Promise<boolean> {
  // Loaded only here, so that help and mistakes are answered at once.
  const { longestFirst } = await import('./order/longest-first.ts');
  const { runFiles } = await import('./quick/run-files.ts');
  let [tests, failed] = [0, 0];
  await runFiles(
    longestFirst(files.map((path) => ({ path }))).map(({ path }) => path),
    {
      processes: Math.min(availableParallelism(), 4),
      // As Jest's: for what hangs on a busy machine.
      loadSeconds: 600,
      testSeconds: 600,
      onReport: (report) => {
        tests += report.tests;
        failed += report.failures.length;
        for (const { id, message } of report.failures) console.log(`\n✕ ${id}\n${message}`);
      },
    },
  );
  console.log(`${files.length} files, ${tests} tests, ${failed} failed.`);
  return failed === 0 && tests > 0;
}

async function check(script: string, ...args: string[]): Promise<boolean> {
  const child = spawn(process.execPath, ['--run', script, '--', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: Buffer[] = [];
  child.stdout.on('data', (text: Buffer) => printed.push(text));
  child.stderr.on('data', (text: Buffer) => printed.push(text));
  const isFine = await passes(child);
  process.stdout.write(Buffer.concat(printed));
  return isFine;
}

function passes(child: ChildProcess): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  child.once('error', reject);
  child.once('close', (status) => resolve(status === 0));
  return promise;
}
