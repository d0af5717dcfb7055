/**
 * `npm run test:fast`: linter, types and the quick tests, side by side, so that no processor is idle. Each runs to its end,
 * also if another one fails.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createCommandLine, exitStatus, runScript } from '../lib/cli/command-line.ts';
import { runChecks } from './quick/run-checks.ts';

const root = join(import.meta.dirname, '..');
// Four processes load the same sources, and tests start commands: what Node made of a source serves all, and the next run.
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules/.cache/compiled');
const folders = ['core', 'app', 'config', 'pages', 'contracts'];

await runScript(
  createCommandLine({
    name: 'npm run test:fast --',
    description: 'Runs the linter, the compiler and the quick tests side by side.',
  })
    .addHelpText('after', exitStatus('a check failed'))
    .action(run),
);

async function run(): Promise<void> {
  const passed = await Promise.all([runChecks(), quickTests()]);
  if (passed.includes(false)) process.exitCode = 1;
}

async function quickTests(): Promise<boolean> {
  const files = globSync(`{${folders.join(',')}}/**/*.test.ts`, { cwd: import.meta.dirname })
    .sort()
    .map((file) => join(import.meta.dirname, file));
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
