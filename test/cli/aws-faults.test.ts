/** What keeps AWS from answering is told by its cause and its remedy, whichever command meets it, and never as a stack trace. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { explainFault } from '../../lib/cli/aws-faults.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { configWith, defaultConfig } from '../config/configurations.ts';
import { commands } from './commands.ts';
import { recordingIo, run, type ScriptedAws, startScriptedAws } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'mayfly-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keyFile = join(folder, 'new.pem');
writeFileSync(
  keyFile,
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
);

const calls = [
  ['preflight'],
  ['setup'],
  ['status'],
  ['logs', 'i-0123456789abcdef0'],
  ['dead-letters'],
  ['rotate-webhook-secret'],
  ['rotate-key', '--key', keyFile],
  ['drain'],
  ['drain', '--yes'],
];
const commandOf = (name: string) => commands.find((one) => one.name === name)!;

let aws: ScriptedAws | undefined;
const before = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  process.env['AWS_CONFIG_FILE'] = '/nowhere/config';
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nowhere/credentials';
});
afterEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, before);
  await aws?.close();
  aws = undefined;
});

async function refused(code: string, status = 400) {
  aws = await startScriptedAws(({ action }) =>
    /^[A-Za-z]+$/.test(action)
      ? {
          status: 403,
          xml: action.startsWith('DescribeStacks')
            ? `<ErrorResponse><Error><Code>${code}</Code><Message>not you</Message></Error></ErrorResponse>`
            : `<Response><Errors><Error><Code>${code}</Code><Message>not you</Message></Error></Errors></Response>`,
        }
      : { status, json: { __type: code, message: 'not you' } },
  );
  return aws.url;
}

describe('without credentials', () => {
  it.each(calls)('mayfly %s says how to sign in', async (name, ...args) => {
    const { io, printed } = recordingIo();
    const world = { config: defaultConfig, io, environment: {} };
    expect(await runCommand(commands, [name!, ...args], world)).toBe(2);
    expect(printed().error).toMatch(
      /Could not load credentials.*\nThere are no AWS credentials.*aws sso login/,
    );
    expect(printed().error).not.toMatch(/Deploy first|no queue|does not know all/);
  });
});

describe('with credentials without permission', () => {
  it.each(calls)('mayfly %s names the policy that it needs', async (name, ...args) => {
    const { status, error } = await run(commandOf(name!), args, await refused('AccessDeniedException'));
    expect(status).toBe(2);
    expect(error).toMatch(new RegExp(`not you\n.*npx mayfly policy ${name}\n`));
    expect(error).not.toContain('Deploy first');
  });
});

describe('other errors of a command', () => {
  it.each(['ExpiredTokenException', 'UnrecognizedClientException'])(
    '%s means that you must sign in',
    async (code) => {
      const { status, error } = await run(commandOf('status'), [], await refused(code));
      expect([status, error]).toEqual([2, expect.stringContaining('aws sso login')]);
    },
  );

  it('names an environment that is not deployed', async () => {
    const url = await refused('ResourceNotFoundException');
    const { status, error } = await run(commandOf('status'), [], url);
    expect([status, error]).toEqual([
      2,
      expect.stringContaining('my-saas is not in us-east-1 of this account'),
    ]);
  });

  it.each([
    ['ThrottlingException', 'AWS throttles calls of this account. Wait a minute'],
    ['InternalServerError', 'AWS failed to answer; https://health.aws.amazon.com/health/status shows'],
  ])('%s names AWS where no endpoint is set', (name, says) => {
    const error = Object.assign(new Error('not now'), { name });
    const failed = { config: defaultConfig, environment: {}, command: 'status' };
    expect(explainFault(error, failed)).toContain(says);
  });

  it.each([
    ['status', 'ThrottlingException', 400, /AWS_ENDPOINT_URL, \S+, throttles calls of this account\. Wait/],
    ['dead-letters', 'ThrottlingException', 400, /AWS_ENDPOINT_URL, \S+, throttles calls of this account/],
    ['status', 'Flapping', 503, /AWS_ENDPOINT_URL, \S+, failed to answer\. Wait/],
    ['dead-letters', 'Flapping', 503, /AWS_ENDPOINT_URL, \S+, failed to answer\. Wait/],
  ])(
    'mayfly %s says what to do about %s, and that a change may be made',
    async (name, code, answer, says) => {
      const { status, error } = await run(commandOf(name), [], await refused(code, answer));
      expect([status, error]).toEqual([2, expect.stringMatching(says)]);
      expect(error).toMatch(/look first: it may have done so/);
      expect(error).not.toContain('Deploy first');
    },
  );

  it('says of a connection that broke that a change may be made, and not of one that failed', () => {
    const place = { config: defaultConfig, environment: {}, command: 'tenant set' };
    const of = (code: string) => explainFault(Object.assign(new Error('x'), { code }), place);
    expect(of('ECONNRESET')).toMatch(/AWS does not respond\..*look first: it may have done so/);
    expect(of('ECONNREFUSED')).not.toContain('look first');
  });

  it.each([
    [
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' },
      'Nothing answers at AWS_ENDPOINT_URL, http://127.0.0.1:4566',
    ],
    [{}, 'the region in mayfly.config.ts, us-east-1'],
  ])('names the address of a failed connection (%j)', (environment, says) => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const place = { config: defaultConfig, environment, command: 'status' };
    expect(explainFault(cause, place)).toContain(says);
    expect(explainFault(new Error('wrapped', { cause }), place)).toContain(says);
  });

  it('preflight on the laptop says that it has no quotas', async () => {
    const { status, error } = await run(commandOf('preflight'), [], await refused('InvalidAction'));
    expect([status, error]).toEqual([2, expect.stringContaining('The laptop platform has no quotas')]);
  });

  it('throws any unknown error unchanged', async () => {
    const url = await refused('Surprise');
    await expect(run(commandOf('status'), [], url)).rejects.toMatchObject({ name: 'Surprise' });
  });
});

describe('a configuration with errors', () => {
  it.each(calls)('stops mayfly %s before any call, with every error at once', async (name, ...args) => {
    const url = await refused('AccessDeniedException');
    const config = configWith({ environment: 'Bad_Name', region: 'mars-1' });
    const { status, error } = await run(commandOf(name!), args, url, config);
    expect(status).toBe(2);
    expect(error).toMatch(/has 2 errors\. Correct mayfly.config.ts:[\s\S]*"Bad_Name"[\s\S]*"mars-1"/);
    expect(aws!.asked).toEqual([]);
  });
});
