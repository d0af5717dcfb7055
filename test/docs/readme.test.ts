/**
 * The commands of README, docs/LAPTOP.md and docs/OPERATIONS.md, run as they stand there: a newcomer who pastes them sees
 * what the documents say. Only ports, the secret and the time that jobs take differ. The AWS CLI commands run translated to
 * the SDK, and in `npm run conformance -- --only aws-cli` by the real CLI too.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nonEmpty } from '../support/non-empty.ts';
import { markedBlocks, read, root } from './markdown.ts';
import { makeTools } from './tools.ts';

const run = promisify(execFile);
const tools = makeTools();
const onTheLaptop = ['README.md', 'docs/LAPTOP.md'].flatMap((path) => markedBlocks(path, 'laptop'));
afterAll(() => rmSync(tools.folder, { recursive: true }));

/** In one bash, as a newcomer's terminal: the blocks of the marks, in order. */
async function paste(script: string, environment: Record<string, string> = {}): Promise<string> {
  const PATH = [process.env['PATH'], tools.missing].join(delimiter);
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: root,
    env: { ...process.env, PATH, ...environment },
    maxBuffer: 32 * 1024 * 1024,
  });
  return stdout;
}

/** These need no `npm start`: they run while its jobs do. */
const demo = once(() => paste('npm run --silent demo -- --json'));
const synthesized = once(synthesizeOffline);

/** Begins the work with the first call. If it fails, whoever asks for its result hears of it. */
function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let begun: Promise<Result> | undefined;
  return () => {
    if (begun) return begun;
    begun = work();
    begun.catch(() => undefined);
    return begun;
  };
}

/** @returns the names of the files that it made */
async function synthesizeOffline(): Promise<string> {
  const [command = ''] = markedBlocks('README.md', 'synth');
  const output = `${tools.folder}/cdk.out`;
  const unreachable = 'http://127.0.0.1:9';
  const environment = {
    AWS_EC2_METADATA_DISABLED: 'true',
    HTTPS_PROXY: unreachable,
    HTTP_PROXY: unreachable,
  };
  await paste(`${command.trim()} --output '${output}'`, environment);
  return paste(`ls '${output}'`);
}

describe('npm start', () => {
  let platform: ChildProcess;
  let console = '';
  let setup = '';
  const printed = (name: string) => new RegExp(`^ +${name} +(\\S+)$`, 'm').exec(console)?.[1] ?? '';

  async function sees(pattern: RegExp, seconds = 300): Promise<void> {
    for (const end = Date.now() + seconds * 1000; !pattern.test(console); ) {
      if (Date.now() > end) throw new Error(`npm start did not print ${pattern}; it printed:\n${console}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  beforeAll(async () => {
    const [command = ''] = markedBlocks('README.md', 'start');
    const anyPort = command.trim().replace(/(-port) \d+/g, '$1 0');
    platform = spawn('bash', ['-c', `exec ${anyPort}`], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1' },
      detached: true,
    });
    platform.stdout?.on('data', (chunk) => {
      console += String(chunk);
    });
    await sees(/Ctrl-C stops everything/);
    setup = (markedBlocks('README.md', 'setup')[0] ?? '')
      .replace('http://127.0.0.1:3000/', printed('Webhook URL'))
      .replace('the secret that npm start printed', printed('Webhook secret'))
      .replace('http://127.0.0.1:4567', printed('GitHub stand-in'))
      .replace('http://127.0.0.1:4566', printed('AWS endpoint'));
  });

  async function control(path: string, body: object = {}): Promise<void> {
    const url = `${printed('GitHub stand-in')}/_control/${path}`;
    const { status } = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    expect(status).toBeLessThan(300);
  }

  async function cancelJobsOf(repository: string): Promise<void> {
    const { jobs } = (await (await fetch(`${printed('GitHub stand-in')}/_control/state`)).json()) as {
      jobs: readonly { readonly id: number; readonly repository: string }[];
    };
    const own = jobs.filter((job) => job.repository === repository);
    expect(own).toHaveLength(3);
    for (const { id } of own) await control(`jobs/${id}/cancel`);
  }

  /** As Ctrl-C does: the signal goes to all that the terminal started. */
  afterAll(async () => {
    if (platform.exitCode !== null || platform.pid === undefined) return;
    const ended = new Promise((resolve) => platform.once('exit', resolve));
    process.kill(-platform.pid, 'SIGINT');
    await ended;
  });

  it('takes the curl commands and the webhook that is signed by hand', async () => {
    // However slow this machine is, the third job still waits when `mayfly status` looks.
    const commands = onTheLaptop.join('\n').replace('"milliseconds": 20000', '"milliseconds": 3600000');
    expect(commands).toContain('3600000');
    const out = await paste(`${setup}\n${commands}`);
    void demo();
    void synthesized();
    expect(out).toContain('"installationId":12345678');
    expect(out).toContain('"outcome":"queued","tier":"small"');
    expect(out).toContain('"duplicateProbability":0.2');
    // Of three jobs the third waits.
    expect(out).toMatch(/acme .* 2 of 2 +1 tenant-limit\n/);
    await sees(/globex .*tenant created/);
    await sees(/globex +9001 +done: success/);
    await cancelJobsOf('acme/app');
    await sees(/(?:acme +\d+ +done: cancelled[\s\S]*){3}/);
    for (const _ of [1, 2, 3])
      await control('jobs', { repository: 'acme/app', labels: ['self-hosted', 'small'], milliseconds: 100 });
    await sees(/(?:acme +\d+ +done: success[\s\S]*){3}/);
    const lines = console.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it('says so if the secret of a webhook by hand is wrong', async () => {
    const [definition = ''] = /send\(\) \{[\s\S]*?\n\}/.exec(onTheLaptop.join('\n')) ?? [];
    const sending = paste(`${setup}\nWEBHOOK_SECRET=wrong\n${definition}\nsend ping '{}'`);
    await expect(sending).rejects.toMatchObject({ stderr: expect.stringContaining('401') });
  });

  const clis = ['translated to the SDK', ...(process.env['MAYFLY_TEST_AWS_CLI'] ? ['by the real CLI'] : [])];
  it.each(clis)('answers the AWS CLI commands, %s', async (cli) => {
    const path = cli === clis[0] ? `export PATH="${tools.translated}:$PATH"\n` : '';
    const out = await paste(`${path}${setup}\n${markedBlocks('docs/OPERATIONS.md', 'aws')[0]}
      aws dynamodb get-item --table-name my-saas-tenants --key '{"installation_id": {"N": "12345678"}}'`);
    expect(out).toMatch(/"account_login":\s*\{\s*"S":\s*"acme"/);
    expect(out).toContain('"ApproximateNumberOfMessages"');
    expect(out.slice(out.lastIndexOf('"Item"'))).toMatch(/"max_runners":\s*\{\s*"N":\s*"5"/);
  });
});

describe('the other commands', () => {
  it('are scripts that exist', () => {
    const [block = ''] = markedBlocks('README.md', 'commands');
    const names = [...block.matchAll(/npm (?:run )?(\w+)/g)].map((match) => match[1]!);
    const { scripts } = JSON.parse(read('package.json'));
    expect([...new Set(names)].filter((name) => name !== 'ci' && !(name in scripts))).toEqual([]);
    expect(read('.ci/run')).toContain("\nif ! bash -c 'npm ci && npm test'; then\n");
  });

  it('print the demo as one JSON object of the shape that the documents show', async () => {
    const report = JSON.parse(await demo());
    const shown = JSON.parse(markedBlocks('docs/LAPTOP.md', 'demo-json')[0] ?? '');
    expect(Object.keys(report)).toEqual(Object.keys(shown));
    expect(report).toMatchObject({ machinesLeft: 0, invariantsBroken: [] });
    expect(report.tenants).toHaveLength(4);
    for (const tenant of nonEmpty<object>(report.tenants))
      expect(Object.keys(tenant)).toEqual(Object.keys(shown.tenants[0]));
  });

  it('synthesize without credentials and without a network', async () => {
    const stacks = await synthesized();
    for (const part of ['state', 'network', 'control-plane'])
      expect(stacks).toContain(`my-saas-${part}.template.json`);
  });
});
