/**
 * `npm test`: the linter and the compiler beside all tests, because Jest leaves a processor idle while it starts. Its arguments
 * are Jest's: `npm test -- e2e/limits`.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { passes, runChecks } from './quick/run-checks.ts';

const root = join(import.meta.dirname, '..');
const jest = spawn(process.execPath, ['--run', 'test:jest', '--', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
const [checked, tested] = await Promise.all([runChecks(), passes(jest)]);
if (!checked) console.error('The linter or the compiler found mistakes: see above.');
if (!checked || !tested) process.exitCode = 1;
