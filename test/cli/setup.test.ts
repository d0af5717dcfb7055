import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditOf } from '../../lib/adapters/dynamodb/audit-list.ts';
import { keyFingerprint } from '../../lib/adapters/identity/key-fingerprint.ts';
import { entryOf } from '../../lib/cli/audit.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { rotateKey } from '../../lib/cli/setup/rotate-key.ts';
import { rotateWebhookSecret } from '../../lib/cli/setup/rotate-webhook-secret.ts';
import { setup } from '../../lib/cli/setup/setup.ts';
import { deploymentSubject } from '../../lib/contract/audit.ts';
import {
  type CloudFormationService,
  createCloudFormationService,
} from '../../lib/local/aws/cloudformation.ts';
import { type DynamoEngine, startDynamoEngine } from '../../lib/local/aws/dynamo-engine.ts';
import { createDynamoService } from '../../lib/local/aws/dynamodb.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createSecretsService, type SecretsService } from '../../lib/local/aws/secrets.ts';
import { createStsService } from '../../lib/local/aws/sts.ts';
import { type GitHubStandIn, startGitHub } from '../../lib/local/github/start-github.ts';
import config from '../../mayfly.config.ts';
import { createTables } from '../contracts/support/dynamo-tables.ts';
import { browse } from './browse.ts';
import { recordingIo } from './support.ts';

const place = { region: config.region, accountId: '000000000000' };
let aws: AwsEndpoint;
let secrets: SecretsService;
let github: GitHubStandIn;
let stacks: CloudFormationService;
const folder = mkdtempSync(join(tmpdir(), 'mayfly-setup-'));
const arns: Record<string, string> = {};
let engine: DynamoEngine;
let rows: DynamoDBClient;
let dynamodb: ReturnType<typeof createDynamoService>;

/** What the audit has of the deployment, oldest first. */
async function recorded() {
  const found = await auditOf({ client: rows, tableName: `${config.environment}-audit` }, deploymentSubject);
  return found.map((row) => ({ ...entryOf(row), row: JSON.stringify(row) }));
}

beforeAll(async () => {
  github = await startGitHub();
  secrets = createSecretsService(place);
  stacks = createCloudFormationService();
  const first = { webhook: 'known from the first deploy', app: '{}', setup: 'signs links' };
  for (const [name, secretString] of Object.entries(first)) {
    arns[name] = secrets.create({ name, secretString }).arn;
  }
  stacks.setOutputs({
    'my-saas-state.WebhookSecretArn': arns['webhook']!,
    'my-saas-state.AppSecretArn': arns['app']!,
    'my-saas-control-plane.WebhookEndpoint': 'http://127.0.0.1:1/webhook',
    'my-saas-state.SetupSecretArn': arns['setup']!,
    'my-saas-control-plane.SetupPage': 'http://127.0.0.1:1/setup',
    'my-saas-control-plane.GitHubApi': github.url,
    'my-saas-control-plane.GitHubWeb': github.url,
  });
  engine = await startDynamoEngine();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  rows = new DynamoDBClient({ endpoint: engine.url, region: place.region, credentials });
  await createTables(rows, config.environment);
  dynamodb = createDynamoService({ engineUrl: engine.url });
  aws = await startAwsEndpoint({ ...place, services: [secrets, stacks, dynamodb, createStsService()] });
});
afterAll(async () => {
  rows.destroy();
  dynamodb.close();
  await engine.close();
  await github.stop();
  await aws.close();
  rmSync(folder, { recursive: true });
});

function start(args: readonly string[]) {
  const { io, printed } = recordingIo();
  const environment = { AWS_ENDPOINT_URL: aws.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const world = { config, io, environment };
  return { ending: runCommand([setup, rotateWebhookSecret, rotateKey], args, world), printed };
}

describe('mayfly setup', () => {
  it('creates the App from a manifest, and stores its secrets without printing them', async () => {
    const { ending, printed } = start(['setup', '--organization', 'acme']);
    expect(await browse(printed)).toContain('Close this page');
    expect(printed().out).toContain('on this machine, within 30 minutes:');
    expect(await ending).toBe(0);
    expect(JSON.parse(secrets.get(arns['app']!))).toMatchObject({
      appId: String(github.appId),
      privateKey: github.privateKeyPem,
      clientId: github.clientId,
      clientSecret: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(printed().out).not.toContain('PRIVATE KEY');
    expect(printed().out).not.toContain('known from the first deploy');
    expect((await recorded()).at(-1)).toMatchObject({
      action: 'app-created',
      who: expect.stringMatching(/^arn:aws:/),
      changed: expect.arrayContaining([
        { name: 'app', before: '-', after: String(github.appId) },
        { name: 'key', before: '-', after: keyFingerprint(github.privateKeyPem) },
      ]),
    });
  });

  it('has GitHub sign with the secret that the functions have had since the first deploy', async () => {
    const { ending, printed } = start(['setup', '--replace']);
    await browse(printed);
    expect(await ending).toBe(0);
    expect(secrets.get(arns['webhook']!)).toBe('known from the first deploy');
    expect(github.webhook()).toEqual({
      url: 'http://127.0.0.1:1/webhook',
      secret: 'known from the first deploy',
    });
  });

  it('keeps the secret that GitHub generated, if GitHub accepts no other', async () => {
    github.setDials({ faults: [{ route: 'PATCH /app/hook/config', status: 500 }] });
    const { ending, printed } = start(['setup', '--replace']);
    await browse(printed);
    expect(await ending).toBe(0);
    github.setDials({ faults: [] });
    expect(secrets.get(arns['webhook']!)).toMatch(/^[0-9a-f]{40}$/);
    expect(secrets.get(arns['webhook']!)).toBe(github.webhook()?.secret);
  });

  it('stores nothing if the code is refused, and says how to continue', async () => {
    const before = secrets.get(arns['app']!);
    github.setDials({ faults: [{ route: 'POST /app-manifests/*', status: 404, message: 'Not Found' }] });
    const { ending, printed } = start(['setup', '--replace']);
    await browse(printed);
    expect(await ending).toBe(2);
    github.setDials({ faults: [] });
    expect(printed().error).toMatch(/GitHub answered 404.*delete it there. Then run mayfly setup again/);
    expect(secrets.get(arns['app']!)).toBe(before);
  });

  it('accepts no answer without its state', async () => {
    const { ending, printed } = start(['setup', '--replace']);
    while (!printed().out.includes('http://127.0.0.1'))
      await new Promise((resolve) => setTimeout(resolve, 10));
    const address = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(printed().out)![0];
    expect((await fetch(`${address}/callback?code=stolen&state=guessed`)).status).toBe(403);
    await browse(printed);
    expect(await ending).toBe(0);
  });

  it('accepts an existing App once GitHub accepts its key, as PEM or base64', async () => {
    const key = join(folder, 'key');
    writeFileSync(key, Buffer.from(github.privateKeyPem).toString('base64'));
    const { ending, printed } = start(['setup', '--app-id', String(github.appId), '--key', key]);
    expect(await ending).toBe(0);
    expect(printed().out).toContain('http://127.0.0.1:1/webhook');
  });

  it('names what an existing App does not request, and still stores it', async () => {
    const key = join(folder, 'key');
    writeFileSync(key, github.addPrivateKey());
    const enter = () => start(['setup', '--app-id', String(github.appId), '--key', key]);
    github.setAsked({ permissions: { metadata: 'read', actions: 'read' }, events: ['push'] });
    const lacking = enter();
    expect(await lacking.ending).toBe(0);
    expect(lacking.printed().error).toMatch(/Self-hosted runners: read and write[\s\S]*Workflow job/);
    expect(lacking.printed().error).toMatch(/Permissions & events/);
    expect(JSON.parse(secrets.get(arns['app']!))).toMatchObject({ appId: String(github.appId) });

    const permissions = { actions: 'read', organization_self_hosted_runners: 'write' } as const;
    github.setAsked({ permissions, events: ['workflow_job'] });
    const complete = enter();
    expect(await complete.ending).toBe(0);
    expect(complete.printed().error).toBe('');
  });

  it('stores no key that GitHub does not accept', async () => {
    const before = secrets.get(arns['app']!);
    const key = join(folder, 'key');
    writeFileSync(key, github.privateKeyPem);
    const { ending, printed } = start(['setup', '--app-id', '99', '--key', key, '--replace']);
    expect(await ending).toBe(2);
    expect(printed().error).toMatch(/does not accept this key for App 99/);
    expect(secrets.get(arns['app']!)).toBe(before);
  });

  it.each([
    ['a new one', []],
    ['an existing one', ['--app-id', '99']],
    ['the page', ['--page']],
  ])('keeps the App that is stored, and says how to replace it: %s', async (_way, args) => {
    const before = secrets.get(arns['app']!);
    const key = join(folder, 'key');
    writeFileSync(key, github.privateKeyPem);
    const withKey = args.includes('--app-id') ? [...args, '--key', key] : args;
    const { ending, printed } = start(['setup', ...withKey]);
    expect(await ending).toBe(2);
    const { appId } = JSON.parse(before);
    expect(printed()).toMatchObject({ out: '', error: expect.stringContaining(appId) });
    expect(printed().error).toMatch(/To replace it: .*--replace/);
    expect(secrets.get(arns['app']!)).toBe(before);
  });

  it('replaces an unreadable stored App without further questions', async () => {
    secrets.put(arns['app']!, '{"appId":"7","privateKey":"cut off"}');
    const key = join(folder, 'key');
    writeFileSync(key, github.privateKeyPem);
    expect(await start(['setup', '--app-id', String(github.appId), '--key', key]).ending).toBe(0);
    expect(JSON.parse(secrets.get(arns['app']!))).toMatchObject({ appId: String(github.appId) });
  });

  it.each([
    [['--organization', 'acme'], 'organization_self_hosted_runners', 'administration'],
    [[], 'administration', 'organization_self_hosted_runners'],
  ])('requests the least that the owner needs, with %j', async (args, asked, spared) => {
    const { ending, printed } = start(['setup', '--replace', ...args]);
    while (!printed().out.includes('http://127.0.0.1'))
      await new Promise((resolve) => setTimeout(resolve, 10));
    const page = await (await fetch(/http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(printed().out)![0])).text();
    expect(page).toContain(`${asked}: write`);
    expect(page).not.toContain(spared);
    await browse(printed);
    expect(await ending).toBe(0);
  });

  it.each([
    [['--level', 'planet'], /--level is "planet"; allowed values are organization, repository, both/],
    [['--name', 'n'.repeat(35)], /35 characters; GitHub allows 34/],
    [['--app-id', '1'], /needs both/],
    [['--app-id', '1', '--key', '/nowhere'], /cannot be read/],
  ])('says what is allowed for %j', async (args, words) => {
    const { ending, printed } = start(['setup', ...args]);
    expect(await ending).toBe(2);
    expect(printed().error).toMatch(words);
  });
});

describe('on GitHub Enterprise Server, whose API is below its own address', () => {
  const setApi = (url: string) => stacks.setOutputs({ 'my-saas-control-plane.GitHubApi': url });
  beforeAll(() => setApi(`${github.url}/api/v3`));
  afterAll(() => setApi(github.url));

  it('creates an App, enters one, and rotates its secret', async () => {
    const created = start(['setup', '--organization', 'acme', '--replace']);
    await browse(created.printed);
    expect(await created.ending).toBe(0);
    const key = join(folder, 'server-key');
    writeFileSync(key, github.addPrivateKey());
    expect(await start(['setup', '--app-id', String(github.appId), '--key', key]).ending).toBe(0);
    expect(await start(['rotate-webhook-secret', '--wait', '0']).ending).toBe(0);
    expect(github.webhook()?.secret).toBe(secrets.get(arns['webhook']!));
  });
});

describe('mayfly rotate-key', () => {
  const keyFile = (pem: string) => {
    const file = join(folder, 'new-key.pem');
    writeFileSync(file, pem);
    return file;
  };
  const rotate = (file: string) => start(['rotate-key', '--key', file, '--wait', '0']);

  it('stores a key that GitHub accepts, keeps the rest, and says which one to delete', async () => {
    const before = JSON.parse(secrets.get(arns['app']!));
    const old = keyFingerprint(before.privateKey);
    const added = github.addPrivateKey();
    const { ending, printed } = rotate(keyFile(added));
    expect(await ending).toBe(0);
    expect(JSON.parse(secrets.get(arns['app']!))).toEqual({ ...before, privateKey: added });
    expect(printed().out).toContain(`delete the key ${old} `);
    expect((await recorded()).at(-1)).toMatchObject({
      action: 'key-rotated',
      changed: expect.arrayContaining([{ name: 'key', before: old, after: keyFingerprint(added) }]),
    });
    expect(printed().out).not.toContain('PRIVATE KEY');
  });

  it('keeps the stored key if the new one belongs to another App, or is the same', async () => {
    const before = secrets.get(arns['app']!);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const other = rotate(keyFile(privateKey.export({ type: 'pkcs1', format: 'pem' }) as string));
    expect(await other.ending).toBe(2);
    expect(other.printed().error).toMatch(
      /not a key of App \d+: GitHub answered 401.*The stored key was not changed/,
    );
    const same = rotate(keyFile(JSON.parse(before).privateKey));
    expect(await same.ending).toBe(2);
    expect(same.printed().error).toMatch(/is already stored/);
    expect(secrets.get(arns['app']!)).toBe(before);
  });
});

describe('mayfly rotate-webhook-secret', () => {
  it('keeps the old secret valid, and gives GitHub the new one', async () => {
    const old = secrets.get(arns['webhook']!);
    const { ending } = start(['rotate-webhook-secret', '--wait', '0']);
    expect(await ending).toBe(0);
    expect(secrets.get(arns['webhook']!)).not.toBe(old);
    expect(secrets.get(arns['webhook']!, 'AWSPREVIOUS')).toBe(old);
    const last = (await recorded()).at(-1);
    expect(last).toMatchObject({ action: 'webhook-secret-rotated' });
    for (const secret of [old, secrets.get(arns['webhook']!)]) expect(last?.row).not.toContain(secret);
  });

  it('drops no secret that GitHub signs with, if the previous run stored one and died', async () => {
    secrets.put(arns['webhook']!, 'of a run that died');
    const { ending } = start(['rotate-webhook-secret', '--wait', '0']);
    expect(await ending).toBe(0);
    expect(secrets.get(arns['webhook']!, 'AWSPREVIOUS')).toBe('of a run that died');
    expect(github.webhook()?.secret).toBe(secrets.get(arns['webhook']!));
  });

  it('changes nothing if GitHub cannot be reached, and says so', async () => {
    const before = secrets.get(arns['webhook']!);
    github.setDials({ faults: [{ route: 'PATCH /app/hook/config', status: 500 }] });
    const { ending, printed } = start(['rotate-webhook-secret', '--wait', '0']);
    expect(await ending).toBe(2);
    github.setDials({ faults: [] });
    expect(printed().error).toMatch(
      /GitHub answered 500.*Nothing was changed. Fix that and run the command again/,
    );
    expect(secrets.get(arns['webhook']!)).toBe(before);
  });
});
