import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../lib/cli/run-command.ts';
import { rotateWebhookSecret } from '../../lib/cli/setup/rotate-webhook-secret.ts';
import { setup } from '../../lib/cli/setup/setup.ts';
import { createCloudFormationService } from '../../lib/local/aws/cloudformation.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createSecretsService, type SecretsService } from '../../lib/local/aws/secrets.ts';
import { type GitHubStandIn, startGitHub } from '../../lib/local/github/start-github.ts';
import config from '../../mayfly.config.ts';
import { recordingIo } from './support.ts';

const place = { region: config.region, accountId: '000000000000' };
let aws: AwsEndpoint;
let secrets: SecretsService;
let github: GitHubStandIn;
const folder = mkdtempSync(join(tmpdir(), 'mayfly-setup-'));
const arns: Record<string, string> = {};

beforeAll(async () => {
  secrets = createSecretsService(place);
  const stacks = createCloudFormationService();
  for (const name of ['webhook', 'app']) arns[name] = secrets.create({ name, secretString: '{}' }).arn;
  stacks.setOutputs({
    'my-saas-state.WebhookSecretArn': arns['webhook']!,
    'my-saas-state.AppSecretArn': arns['app']!,
    'my-saas-control-plane.WebhookEndpoint': 'http://127.0.0.1:1/webhook',
  });
  aws = await startAwsEndpoint({ ...place, services: [secrets, stacks] });
  github = await startGitHub();
});
afterAll(async () => {
  await github.stop();
  await aws.close();
  rmSync(folder, { recursive: true });
});

function start(args: readonly string[]) {
  const { io, printed } = recordingIo();
  const environment = { AWS_ENDPOINT_URL: aws.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const world = { config: { ...config, githubApiUrl: github.url }, io, environment };
  return { ending: runCommand([setup, rotateWebhookSecret], args, world), printed };
}

/** What a browser does: opens the page, sends its form to GitHub, and follows GitHub back. */
async function browse(printed: () => { out: string }): Promise<string> {
  let address: string | undefined;
  while (!address) {
    address = /http:\/\/127\.0\.0\.1:\d+/.exec(printed().out)?.[0];
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const page = await (await fetch(address)).text();
  const plain = (text: string) =>
    text.replace(/&#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)));
  const action = plain(/action="([^"]+)"/.exec(page)?.[1] ?? '');
  const manifest = plain(/name="manifest" value="([^"]+)"/.exec(page)?.[1] ?? '');
  const answer = await fetch(action, { method: 'POST', body: new URLSearchParams({ manifest }) });
  return answer.text();
}

describe('mayfly setup', () => {
  it('makes the App from a manifest, and stores its secrets where nobody prints them', async () => {
    const { ending, printed } = start(['setup', '--organization', 'acme', '--github-web-url', github.url]);
    expect(await browse(printed)).toContain('You can close this page');
    expect(await ending).toBe(0);
    expect(JSON.parse(secrets.get(arns['app']!))).toEqual({
      appId: String(github.appId),
      privateKey: github.privateKeyPem,
    });
    expect(secrets.get(arns['webhook']!)).toMatch(/^[0-9a-f]{40}$/);
    expect(printed().out).not.toContain('PRIVATE KEY');
    expect(printed().out).not.toContain(secrets.get(arns['webhook']!));
  });

  it('takes no answer that does not carry its state', async () => {
    const { ending, printed } = start(['setup', '--github-web-url', github.url]);
    while (!printed().out.includes('http://127.0.0.1'))
      await new Promise((resolve) => setTimeout(resolve, 10));
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(printed().out)![0];
    expect((await fetch(`${address}/callback?code=stolen&state=guessed`)).status).toBe(403);
    await browse(printed);
    expect(await ending).toBe(0);
  });

  it('takes an existing App once GitHub has taken its key, as PEM or base64', async () => {
    const key = join(folder, 'key');
    writeFileSync(key, Buffer.from(github.privateKeyPem).toString('base64'));
    const { ending, printed } = start(['setup', '--app-id', String(github.appId), '--key', key]);
    expect(await ending).toBe(0);
    expect(printed().out).toContain('http://127.0.0.1:1/webhook');
  });

  it('stores no key that GitHub does not take', async () => {
    const before = secrets.get(arns['app']!);
    const key = join(folder, 'key');
    writeFileSync(key, github.privateKeyPem);
    const { ending, printed } = start(['setup', '--app-id', '99', '--key', key]);
    expect(await ending).toBe(2);
    expect(printed().error).toMatch(/does not take this key for App 99/);
    expect(secrets.get(arns['app']!)).toBe(before);
  });

  it.each([
    [['--level', 'planet'], /--level is "planet"; allowed are organization, repository, both/],
    [['--name', 'n'.repeat(35)], /35 characters; GitHub allows 34/],
    [['--app-id', '1'], /needs both/],
    [['--app-id', '1', '--key', '/nowhere'], /cannot be read/],
  ])('says what is allowed for %j', async (args, words) => {
    const { ending, printed } = start(['setup', ...args]);
    expect(await ending).toBe(2);
    expect(printed().error).toMatch(words);
  });
});

describe('mayfly rotate-webhook-secret', () => {
  it('keeps the old secret good, and tells GitHub the new one', async () => {
    const old = secrets.get(arns['webhook']!);
    const { ending } = start(['rotate-webhook-secret', '--wait', '0']);
    expect(await ending).toBe(0);
    expect(secrets.get(arns['webhook']!)).not.toBe(old);
    expect(secrets.get(arns['webhook']!, 'AWSPREVIOUS')).toBe(old);
  });
});
