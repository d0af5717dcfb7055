/** `mayfly rollback`, with a stand-in of `cdk deploy`: there and back, and what happens where a step fails. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  configurationVersions,
  createDeploymentAudit,
} from '../../../lib/adapters/dynamodb/deployment-audit.ts';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { configText } from '../../../lib/cli/deployments/config-text.ts';
import { rollback } from '../../../lib/cli/deployments/rollback.ts';
import { runCommand } from '../../../lib/cli/run-command.ts';
import type { MayflyConfig } from '../../../lib/config/config.ts';
import original from '../../../mayfly.config.ts';
import { givenTenant } from '../../support/given.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';
import { recordingIo } from '../support.ts';

const standIn = fileURLToPath(new URL('stand-in-deploy.ts', import.meta.url));
const first: MayflyConfig = { ...original, scaleUpConcurrency: 5 };
const second: MayflyConfig = { ...original, onboarding: 'approve', caps: { machinesInAll: 40 } };
let account: OperatorAccount;
let configFile: string;
let n = 0;
beforeAll(async () => {
  account = await givenOperatorAccount(original.environment);
});
afterAll(() => account?.close());

const table = () => ({ client: account.rows, tableName: `${original.environment}-audit` });
const json = (config: object) => JSON.stringify(config);
const newest = async () => (await configurationVersions(table(), 1))[0]!;

/** As the reconciler of a deploy from the file would. */
async function givenDeployed(config: MayflyConfig, code = 'code-2') {
  writeFileSync(configFile, configText(json(config), 0));
  const at = new Date().toISOString();
  await createDeploymentAudit(table()).recordConfiguration({
    configuration: json(config),
    code,
    at,
    who: 'a test',
  });
  return (await newest()).version;
}

/** As Node reads the file. */
const readFile = (): MayflyConfig => {
  const script = `import(${json([configFile])}[0]).then((read) => console.log(JSON.stringify(read.default)))`;
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
};

async function run(args: readonly string[], more: { outcome?: string; answer?: string } = {}) {
  const { io, printed } = recordingIo();
  const { outcome = '', answer } = more;
  const deploy = [process.execPath, standIn, configFile, table().tableName, outcome].join(' ');
  const status = await runCommand([rollback], ['rollback', ...args, '--deploy', deploy, '--wait', '60'], {
    config: readFile(),
    configFile,
    io: answer === undefined ? io : { ...io, ask: async () => answer },
    environment: { ...account.operator, NODE_NO_WARNINGS: '1' },
  });
  return { status, ...printed() };
}

beforeEach(() => {
  n += 1;
  configFile = join(account.folder, `mayfly.config.${n}.ts`);
});

describe('mayfly rollback', () => {
  it('rolls back and forth: shows what differs, writes the file, deploys, and checks what runs', async () => {
    const one = await givenDeployed(first);
    const two = await givenDeployed(second);
    const there = await run(['--yes', '--reason', 'ticket 1234']);
    expect(there).toMatchObject({ status: 0, error: '' });
    expect(there.out).toContain(`Version ${two} is deployed. Back to version ${one}:`);
    expect(there.out).toContain('  onboarding: "approve" → "open"\n');
    expect(there.out).toContain('  caps.machinesInAll: 40 → not set\n');
    expect(there.out).toContain(`The configuration of version ${one} is deployed, and nothing is wrong.`);
    expect(readFile()).toEqual(first);
    expect(JSON.parse((await newest()).configuration)).toEqual(first);

    expect(await run(['--yes'])).toMatchObject({ status: 0, error: '' });
    expect(readFile()).toEqual(second);
    expect((await newest()).version).toBe(two + 2);
    const said = await account.run('audit');
    expect(said.out).toMatch(new RegExp(`rolling-back-to-${one} by arn:aws:.*: ticket 1234\n`));
    expect(said.out).toMatch(/deployment, version \d+ {2}deployed by the stand-in of a deploy\n {4}/);
  });

  it('lists the versions, and changes nothing with --list and --dry-run', async () => {
    const one = await givenDeployed(first, 'code-1');
    const two = await givenDeployed(second);
    const before = readFileSync(configFile, 'utf8');
    const list = await run(['--list']);
    expect(list.out).toMatch(
      new RegExp(`^${two} .*code code-2, deployed\n${one} .*code code-1, other code than now\n  `),
    );
    const dry = await run(['--dry-run']);
    expect(dry).toMatchObject({ status: 0, out: expect.stringContaining('Nothing was changed.') });
    expect(dry.out).toContain(`Version ${one} was deployed from other code (code-1, now code-2)`);
    expect(JSON.parse((await run(['--dry-run', '--json'])).out)).toMatchObject({
      from: two,
      to: one,
      dryRun: true,
    });
    expect(readFileSync(configFile, 'utf8')).toBe(before);
    expect((await newest()).version).toBe(two);
  });

  it('restores the file if the deploy fails', async () => {
    await givenDeployed(first);
    const two = await givenDeployed(second);
    const before = readFileSync(configFile, 'utf8');
    const failed = await run(['--yes'], { outcome: 'fail' });
    expect(failed.status).toBe(1);
    expect(failed.out).toMatch(/failed \(1\); mayfly.config.ts was restored/);
    expect(readFileSync(configFile, 'utf8')).toBe(before);
    expect((await newest()).version).toBe(two);
  });

  it('continues if an earlier run died after it wrote the file', async () => {
    const one = await givenDeployed(first);
    await givenDeployed(second);
    writeFileSync(configFile, configText(json(first), one));
    expect(await run(['--to', String(one), '--yes'])).toMatchObject({ status: 0 });
    expect(JSON.parse((await newest()).configuration)).toEqual(first);
  });

  it('does not overwrite a change that was never deployed, and names it', async () => {
    await givenDeployed(first);
    await givenDeployed(second);
    const edited = configText(json({ ...second, runnerGroup: 'builds' }), 0);
    writeFileSync(configFile, edited);
    const refused = await run(['--yes']);
    expect(refused.status).toBe(2);
    expect(refused.error).toContain('mayfly.config.ts differs from what is deployed');
    expect(refused.error).toContain('runnerGroup: not set → "builds"');
    expect(readFileSync(configFile, 'utf8')).toBe(edited);
  });

  it('asks first, and deploys nothing without a yes', async () => {
    await givenDeployed(first);
    const two = await givenDeployed(second);
    expect(await run([], { answer: 'n' })).toMatchObject({ status: 2 });
    expect(await run([])).toMatchObject({ status: 2, error: expect.stringContaining('--yes') });
    expect((await newest()).version).toBe(two);
    expect(existsSync(`${configFile}.before-rollback`)).toBe(false);
    expect(await run([], { answer: 'y' })).toMatchObject({ status: 0 });
  });

  it('refuses a version that does not fit the current code, or does not exist', async () => {
    const old = { ...first, runnerGroupId: 7 } as MayflyConfig;
    const one = await givenDeployed(old);
    await givenDeployed(second);
    const unfit = await run(['--to', String(one), '--yes']);
    expect(unfit).toMatchObject({ status: 2, error: expect.stringContaining('runnerGroupId') });
    expect(await run(['--to', '9999'])).toMatchObject({
      status: 2,
      error: expect.stringContaining('recorded versions are'),
    });
  });

  it('exits with 1 if a tenant needs attention afterwards, and says so', async () => {
    await givenDeployed(first);
    await givenDeployed(second);
    const attention = {
      code: 'github-limited',
      text: 'Wait.',
      since: '2026-11-21T12:00:00Z',
      probeAt: 0,
    } as const;
    await account.put('tenants', newTenantRow(givenTenant({ attention })));
    const { status, out } = await run(['--yes', '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ problems: [expect.stringContaining('needs attention')] });
  });
});

describe('the text of a configuration', () => {
  it('is read back unchanged, whatever it contains', () => {
    const odd = {
      ...second,
      runnerGroup: `it's "odd" \\ and
new`,
      identityCertificates: { 'us-east-1': ['a', 'b'] },
      network: { egress: [{ to: 'internet' }, { to: '10.0.0.0/8', ports: 443 }] },
      reservedConcurrency: {},
    };
    writeFileSync(configFile, configText(json(odd), 1));
    expect(readFile()).toEqual(odd);
  });
});
