/**
 * The laptop's replacement for GitHub's runner program, against a GitHub that the test plays: what a job's hook can
 * stop, and what only SIGINT to Runner.Listener can. The program names its sources.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { allProcesses, killProcess } from '../../../lib/local/guard/processes.ts';
import { eventually, givenServer, readBody } from './given.ts';
import { jitConfig } from './machine-world.ts';

const program = fileURLToPath(new URL('../../../lib/local/ec2/runner/run.sh', import.meta.url));
/** The steps of a job whose first action has a `pre:` and whose last step runs in any case. */
const steps = [
  'main success() 1 build',
  'pre always() 1 prepare',
  'main failure() 1 report',
  'main always() 1 clean',
];

let folder: string;
let server: Awaited<ReturnType<typeof givenServer>>;
let asked: { readonly path: string; readonly body: string }[];
let message: string;
let child: ChildProcess;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-test-'));
  asked = [];
  server = await givenServer(async (request, response) => {
    const path = request.url ?? '';
    asked.push({ path, body: await readBody(request) });
    response.writeHead(200).end(path === '/_runner/message' ? message : '');
  });
});
afterEach(async () => {
  for (const { id, session } of allProcesses()) if (session === child.pid) killProcess(id, 'SIGKILL');
  await server.close();
  rmSync(folder, { recursive: true });
});

/** @param options.hook the hook's script; empty: the script is missing */
function start({ hook, lines = steps }: { hook?: string; lines?: readonly string[] }) {
  const words = ['job=7', 'milliseconds=1', 'repository=acme/app', 'run=9', 'attempt=1'];
  message = [...words, ...lines.map((line) => `step=${line}`), ''].join('\n');
  const file = join(folder, 'hook.sh');
  if (hook) writeFileSync(file, hook);
  child = spawn('bash', [program], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig(server.url),
      ...(hook === undefined ? {} : { ACTIONS_RUNNER_HOOK_JOB_STARTED: file }),
    },
    detached: true,
    stdio: 'ignore',
  });
  return new Promise((resolve) => child.once('exit', resolve));
}

const texts = (kind: string) =>
  asked
    .filter(({ path }) => path === `/_runner/jobs/7/${kind}`)
    .map(({ body }) => (JSON.parse(body) as { text: string }).text);
const conclusion = () => asked.find(({ path }) => path === '/_runner/jobs/7/completed')?.body;

describe("the laptop's runner program", () => {
  it('runs the pre-steps first, and then each step whose condition holds', async () => {
    await start({});

    expect(texts('step')).toEqual(['prepare', 'build', 'clean']);
    expect(conclusion()).toBe('');
  });

  it('runs failure() and always() steps after a failed step', async () => {
    await start({ lines: ['main success() 1 fails', ...steps] });

    expect(texts('step')).toEqual(['prepare', 'fails', 'report', 'clean']);
    expect(conclusion()).toBe('{"conclusion":"failure"}');
  });

  it('runs always(), failure() and pre: steps if the hook only exits with an error', async () => {
    await start({ hook: 'echo "::error::not \\"here\\""\nexit 3\n' });

    expect(texts('step')).toEqual(['prepare', 'report', 'clean']);
    expect(texts('log')).toEqual([
      'A job started hook has been configured by the self-hosted runner administrator',
      '##[error]not "here"',
      '##[error]Process completed with exit code 3.',
    ]);
    expect(conclusion()).toBe('{"conclusion":"failure"}');
  });

  it('only fails the job if the hook is missing', async () => {
    await start({ hook: '' });

    expect(texts('step')).toEqual(['prepare', 'report', 'clean']);
  });

  it('tells the hook which run it is for, and continues once it succeeds', async () => {
    await start({ hook: 'echo "$GITHUB_REPOSITORY $GITHUB_RUN_ID $GITHUB_RUN_ATTEMPT $INPUT_JOB"' });

    expect(texts('log')).toContain('acme/app 9 1 ');
    expect(texts('step')).toEqual(['prepare', 'build', 'clean']);
  });

  it('runs no step at all once Runner.Listener gets SIGINT while the hook waits', async () => {
    const ended = start({ hook: 'echo waiting\nmkfifo held\nread -r word <>held\n' });
    await eventually(
      () => texts('log'),
      (seen) => seen.includes('waiting'),
    );
    const listeners = execFileSync('pgrep', ['-s', String(child.pid), '-f', '^Runner.Listener']);
    for (const id of listeners.toString().trim().split('\n')) process.kill(Number(id), 'SIGINT');
    await ended;

    expect(texts('step')).toEqual([]);
    expect(texts('log').at(-1)).toMatch(/^##\[error\]The runner has received a shutdown signal/);
    expect(conclusion()).toBe('{"conclusion":"failure"}');
  });
});
