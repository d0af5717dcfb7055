/** The function host with real processes: what a function sees, and how it may fail. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FunctionDefinition } from '../../../lib/local/lambda/function-definition.ts';
import { eventually, givenBundle, givenCloud } from './fake-cloud.ts';

const handler = `
import fs from 'node:fs';
let count = 0;
export const handler = async (event, context) => {
  count += 1;
  if (event.do === 'print') console.log('a line of ' + context.functionName);
  if (event.do === 'print-much') for (let line = 0; line < 2000; line += 1) console.log('line ' + line);
  if (event.do === 'print-unfinished') process.stdout.write('unfinished');
  if (event.do === 'print-and-crash') { console.error('last words'); process.exit(7); }
  if (event.do === 'hang') await new Promise(() => setInterval(() => {}, 1000));
  if (event.do === 'crash') process.exit(7);
  if (event.do === 'throw') throw new TypeError('no good');
  if (event.do === 'reject') { Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 500)); }
  if (event.do === 'much') return 'x'.repeat(6_291_555);
  if (event.do === 'leave') setTimeout(() => fs.writeFileSync('left', ''), 20);
  if (event.do === 'linger') await new Promise((r) => setTimeout(r, 20));
  if (event.do === 'meet') {
    fs.writeFileSync(process.pid + '.here', '');
    while (fs.readdirSync('.').filter((name) => name.endsWith('.here')).length < 2)
      await new Promise((r) => setTimeout(r, 10));
  }
  return { count, pid: process.pid, env: process.env, cwd: process.cwd(), options: process.execArgv };
};`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An orphan stays in the process table as a zombie if nobody waits for it, but it has ended. */
function isGone(processId: number): boolean {
  const path = `/proc/${processId}/stat`;
  return !existsSync(path) || readFileSync(path, 'utf8').split(') ')[1]?.startsWith('Z') === true;
}

interface Seen {
  count: number;
  pid: number;
  cwd: string;
  env: Record<string, string>;
  options: string[];
}

function givenFunction(options: Partial<FunctionDefinition> = {}, world = givenCloud()) {
  const { folder, remove } = givenBundle(handler);
  const { functions } = world.cloud;
  functions.define({
    name: 'worker',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:worker',
    folder,
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    memoryMegabytes: 128,
    timeoutSeconds: 60,
    environment: { COLOR: 'green' },
    logGroup: '/worker',
    role: 'arn:aws:iam::000000000000:role/worker',
    ...options,
  });
  functions.authorize('worker', { accessKeyId: 'KEY', secretAccessKey: 'hush' });
  cleanups.push(remove, world.close);
  const invoke = async (action?: string) => functions.invoke('worker', { do: action });
  const see = async (action?: string) => ((await invoke(action)) as { payload: Seen }).payload;
  return { ...world, functions, folder, invoke, see };
}

describe('a function', () => {
  it("has the heap that Lambda's start script gives Node: 90% for old objects, twice 5% for new ones", async () => {
    const { options } = await givenFunction({ memoryMegabytes: 256 }).see();
    expect(options).toEqual(expect.arrayContaining(['--max-semi-space-size=12', '--max-old-space-size=231']));
  });

  it("gets the template's variables, the ones Lambda sets, and nothing of this process's own", async () => {
    const { see, folder } = givenFunction();
    process.env['MAYFLY_TEST_LEAK'] = 'yes';
    cleanups.push(() => delete process.env['MAYFLY_TEST_LEAK']);
    const { env, cwd } = await see();
    expect(cwd).toBe(folder);
    expect(Object.keys(env).sort()).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_DEFAULT_REGION',
      'AWS_ENDPOINT_URL',
      'AWS_EXECUTION_ENV',
      'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
      'AWS_LAMBDA_FUNCTION_NAME',
      'AWS_LAMBDA_FUNCTION_VERSION',
      'AWS_LAMBDA_INITIALIZATION_TYPE',
      'AWS_LAMBDA_LOG_GROUP_NAME',
      'AWS_LAMBDA_LOG_STREAM_NAME',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'COLOR',
      'LAMBDA_TASK_ROOT',
      'PATH',
      'TZ',
      '_HANDLER',
      '_X_AMZN_TRACE_ID',
    ]);
    expect(env).toMatchObject({ COLOR: 'green', AWS_ACCESS_KEY_ID: 'KEY', TZ: ':UTC' });
  });

  it('keeps its memory between invocations of one warm container', async () => {
    const { see } = givenFunction();
    const first = await see();
    const second = await see();
    expect(second).toMatchObject({ count: 2, pid: first.pid });
  });

  it('is frozen between invocations: what one leaves running goes on with the next', async () => {
    const { invoke, folder } = givenFunction();
    const isWritten = () => existsSync(`${folder}/left`);
    await invoke('leave');
    // Nothing happens, so there is nothing to wait for: ten times what an unfrozen process needs.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isWritten()).toBe(false);
    await invoke('linger');
    expect(isWritten()).toBe(true);
  });

  it('runs in as many containers as its limit allows, and the rest waits in line', async () => {
    const { see } = givenFunction({}, givenCloud({ concurrency: 2 }));
    const seen = await Promise.all(Array.from({ length: 5 }, () => see('meet')));
    expect(new Set(seen.map(({ pid }) => pid)).size).toBe(2);
  });

  it('ends when its host process is killed', async () => {
    const { folder } = givenFunction();
    const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `
      const { givenCloud } = await import(${module('./fake-cloud.ts')});
      const { functions } = givenCloud().cloud;
      const place = { folder: ${JSON.stringify(folder)}, handler: 'index.handler', runtime: 'nodejs24.x' };
      const size = { memoryMegabytes: 128, timeoutSeconds: 5, environment: {}, logGroup: '/worker', role: 'r' };
      functions.define({ name: 'worker', arn: 'arn', ...place, ...size });
      functions.authorize('worker', { accessKeyId: 'k', secretAccessKey: 's' });
      const { payload } = await functions.invoke('worker', {});
      console.log(payload.pid);
      setInterval(() => {}, 1000);`;
    const host = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const said = await new Promise<string>((resolve) =>
      host.stdout.once('data', (data) => resolve(String(data))),
    );
    expect(existsSync(`/proc/${Number(said)}`)).toBe(true);
    host.kill('SIGKILL');
    await eventually(() => isGone(Number(said)));
  });

  it('is killed at its timeout, and reports that', async () => {
    const { invoke, functions } = givenFunction({ timeoutSeconds: 0.3 });
    const result = await invoke('hang');
    expect(result).toMatchObject({
      error: { errorMessage: expect.stringContaining('Task timed out after 0.30 seconds') },
    });
    expect(functions.processIds('worker')).toEqual([]);
  });

  it.each([
    ['crash', 'exit status 7'],
    ['throw', 'no good'],
    ['reject', 'exit status 128'],
  ])('that fails by %s fails only this invocation', async (action, message) => {
    const { invoke, see } = givenFunction();
    expect(await invoke(action)).toMatchObject({ error: { errorMessage: expect.stringContaining(message) } });
    expect(await see()).toMatchObject({ cwd: expect.any(String) });
  });

  it('whose module is missing fails with the name of the handler', async () => {
    const { invoke } = givenFunction({ handler: 'missing.handler' });
    expect(await invoke()).toMatchObject({
      error: {
        errorMessage: expect.stringContaining('Cannot find the module of the handler missing.handler'),
      },
    });
  });

  it('whose folder is missing fails immediately', async () => {
    const { invoke } = givenFunction({ folder: '/no/such/folder' });
    expect(await invoke()).toMatchObject({ error: { errorType: 'Runtime.ExitError' } });
  });

  it('fails if its answer is larger than Lambda passes on', async () => {
    const { invoke, functions } = givenFunction();
    const errorMessage = 'Response payload size exceeded maximum allowed payload size (6291556 bytes).';
    expect(await invoke('much')).toEqual({
      error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage },
    });
    expect(functions.usage().get('worker')?.failures).toBe(1);
  });

  it('survives the killing of a container: the next invocation gets a new one', async () => {
    const { see, functions } = givenFunction();
    const { pid } = await see();
    expect(functions.killRandomContainer('worker')).toBe(true);
    expect((await see()).pid).not.toBe(pid);
  });

  it('loses a container that is idle for too long', async () => {
    const { see, functions } = givenFunction({}, givenCloud({ idleMilliseconds: 30 }));
    await see();
    await eventually(() => functions.processIds('worker').length === 0);
    expect((await see()).count).toBe(1);
  });

  it('has passed on everything it printed, and nothing from the host, once its outcome is known', async () => {
    const { invoke, lines } = givenFunction();
    await invoke('print-much');
    expect(lines).toEqual(Array.from({ length: 2000 }, (_, line) => `line ${line}`));
    await invoke('print-unfinished');
    await invoke('print-and-crash');
    expect(lines.slice(2000)).toEqual([
      'unfinished',
      'last words',
      expect.stringContaining('Runtime.ExitError'),
    ]);
  });

  it('counts what it used, and what is in progress', async () => {
    const { invoke, functions } = givenFunction();
    const both = [invoke('print'), invoke('throw')];
    expect(functions.underWay).toBe(2);
    await Promise.all(both);
    const usage = functions.usage().get('worker');
    expect(usage).toMatchObject({ invocations: 2, failures: 1, memoryMegabytes: 128 });
    expect([usage!.coldStarts > 0, usage!.billedMilliseconds > 0]).toEqual([true, true]);
    expect(functions.underWay).toBe(0);
  });
});
