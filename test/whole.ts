/**
 * `npm test`: the linter and the compiler beside all tests, because Jest leaves a processor idle while it starts. Each runs to its
 * end, also if another one fails.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createCommandLine, exitStatus, runScript } from '../lib/cli/command-line.ts';
import { passes, runChecks } from './quick/run-checks.ts';

await runScript(
  createCommandLine({
    name: 'npm test --',
    description: 'Runs the linter, the compiler and all tests side by side.',
  })
    .addHelpText('after', '\nOne suite alone: npm run test:jest -- e2e/limits')
    .addHelpText('after', exitStatus('a check failed'))
    .action(run),
);

async function run(): Promise<void> {
  const cwd = join(import.meta.dirname, '..');
  const jest = spawn(process.execPath, ['--run', 'test:jest'], { cwd, stdio: 'inherit' });
  const [checked, tested] = await Promise.all([runChecks(), passes(jest)]);
  if (!checked) console.error('The linter or the compiler found mistakes: see above.');
  if (!checked || !tested) process.exitCode = 1;
}
