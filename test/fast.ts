/**
 * `npm run test:fast`: linter, types and the quick tests, side by side, so that no processor is idle. Each runs to its end,
 * also if another one fails.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createCommandLine, exitStatus, runScript } from '../lib/cli/command-line.ts';

await runScript(
  createCommandLine({
    name: 'npm run test:fast --',
    description: 'Runs the linter, the compiler and the quick tests side by side.',
  })
    .addHelpText('after', exitStatus('a check failed'))
    .action(run),
);

async function run(): Promise<void> {
  const passed = await Promise.all([check('lint'), check('typecheck'), quickTests()]);
  if (passed.includes(false)) process.exitCode = 1;
}

/** Jest says itself how far it is. */
function quickTests(): Promise<boolean> {
  const folders = ['core', 'app', 'config', 'pages', 'contracts'].map((name) => `test/${name}`);
  const script = ['run', '--silent', 'test:jest', '--', ...folders];
  return passes(spawn('npm', script, { stdio: ['ignore', 'inherit', 'inherit'] }));
}

async function check(script: string): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', 'pipe', 'pipe'] });
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
