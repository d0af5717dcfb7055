/** How much a command reads of lists and files: literally, so that a wider bound fails. */
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { PricingClient } from '@aws-sdk/client-pricing';
import { expect, it } from '@jest/globals';
import { auditSince } from '../../lib/adapters/dynamodb/audit-list.ts';
import { jobRow } from '../../lib/adapters/dynamodb/job-row.ts';
import { createJobStore } from '../../lib/adapters/dynamodb/job-store.ts';
import { newTenantRow } from '../../lib/adapters/dynamodb/tenant-row.ts';
import type { CommandCall } from '../../lib/cli/command.ts';
import { newestDecisions } from '../../lib/cli/controllers/decisions.ts';
import { controllersReplay, jobsSince } from '../../lib/cli/controllers/replay.ts';
import { costsTable } from '../../lib/cli/costs/costs-text.ts';
import { dataExports, findExport } from '../../lib/cli/costs/export/data-exports.ts';
import { linesOfFile } from '../../lib/cli/costs/export/lines-of-file.ts';
import { rollback } from '../../lib/cli/deployments/rollback.ts';
import { credentialOf } from '../../lib/cli/host/host-credential.ts';
import { hostLogs } from '../../lib/cli/host/host-logs.ts';
import { openLog, supervisorLog } from '../../lib/cli/host/host-start.ts';
import { readOfferings } from '../../lib/cli/preflight-offerings.ts';
import { readPrices } from '../../lib/cli/prices/read-prices.ts';
import { waitOption } from '../../lib/cli/setup/spread.ts';
import { tenantShow } from '../../lib/cli/tenants/tenant-show.ts';
import { tenants } from '../../lib/cli/tenants/tenants.ts';
import { verifyRequest } from '../../lib/cli/verify-launch.ts';
import { lookAtMachine } from '../../lib/cli/verify-machine.ts';
import { exportColumns } from '../../lib/contract/costs-export.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import type { HostConfig } from '../../lib/host/config.ts';
import config from '../../mayfly.config.ts';
import { acme, givenJob, givenTenant, small } from '../support/given.ts';
import { timersUntilFailure } from '../support/virtual-deadlines.ts';
import { recordingIo, run, startScriptedAws } from './support.ts';

const endless = () => {
  let calls = 0;
  return { calls: () => calls, answer: async () => ({ NextToken: String(++calls) }) };
};

it('looks for the export on twenty pages, and fails rather than report it missing if there are more', async () => {
  const { calls, answer } = endless();
  const place = { environment: 'my-saas', region: 'us-east-1', account: '111122223333' };
  await expect(findExport({ call: answer }, place)).rejects.toThrow('on more than 20 pages');
  expect(calls()).toBe(20);
});

it('reads sixty pages of prices', async () => {
  const { calls, answer } = endless();
  const client = new PricingClient({ region: 'us-east-1' });
  client.send = answer;
  await expect(readPrices(client, 'eu-west-1')).rejects.toThrow('more than 60 pages for AmazonEC2');
  expect(calls()).toBe(60);
});

it('refuses a bill file with a row of more than a million characters', async () => {
  const read = async (characters: number) => {
    const row = [...exportColumns.slice(1).map(() => ''), 'x'.repeat(characters)].join(',');
    const body = Readable.from([gzipSync(`${exportColumns.join(',')}\n${row}\n`)]);
    const lines: unknown[] = [];
    for await (const line of linesOfFile(body, 'bill.csv.gz')) lines.push(line);
    return lines;
  };
  await expect(read(900_000)).resolves.toEqual(expect.any(Array));
  await expect(read(1_100_000)).rejects.toThrow(/record/i);
});

it('shows a thousand decisions, read a hundred at a time', async () => {
  const limits: number[] = [];
  const decisionsSince = async (_owner: unknown, { limit }: { limit: number }) => {
    limits.push(limit);
    return { decisions: Array.from({ length: limit }, () => ({})), next: 'more' };
  };
  const found = await newestDecisions({ decisionsSince } as never, acme, '2026-11-21T00:00:00Z');
  expect(found).toHaveLength(1_000);
  expect(limits).toEqual(Array.from({ length: 10 }, () => 100));
});

it('judges the newest fifty thousand jobs of a tenant by new rules', async () => {
  const client = new DynamoDBClient({ region: 'us-east-1' });
  const rows = Array.from({ length: 20_000 }, () => jobRow(givenJob({ queuedAt: 2 })));
  let calls = 0;
  client.send = async ({ input }: { input: { Limit: number } }) => {
    if (++calls > 9) throw new Error('It still reads.');
    return { Items: rows.slice(0, input.Limit), LastEvaluatedKey: {} };
  };
  const jobs = createJobStore({ client, tableName: 'jobs' });
  expect(await jobsSince({ jobs, skipped: [] }, acme, 1)).toHaveLength(50_000);
  expect(calls).toBe(3);
});

it('reads the past jobs of eight tenants at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-replay-'));
  const file = join(folder, 'rules.json');
  writeFileSync(file, JSON.stringify([{ reject: 'run.fork', reason: 'Forks run elsewhere.' }]));
  const rows = Array.from({ length: 20 }, (_, n) =>
    newTenantRow(givenTenant({ installationId: InstallationId(100 + n) })),
  );
  const aws = await startScriptedAws(({ action }) =>
    action.endsWith('.Scan') ? { json: { Items: rows } } : { json: { Items: [] }, milliseconds: 50 },
  );
  expect(await run(controllersReplay, ['@platform', '--rules', file], aws.url)).toMatchObject({ status: 0 });
  expect(aws.mostAtOnce()).toBe(8);
  await aws.close();
  rmSync(folder, { recursive: true });
});

it('looks for a tenant by its name in four parts of the table', async () => {
  const aws = await startScriptedAws(() => ({ json: { Items: [] } }));
  expect(await run(tenantShow, ['acme'], aws.url)).toMatchObject({ status: 2 });
  const scans = aws.asked.filter(({ action }) => action.endsWith('.Scan'));
  expect(scans.map(({ input }) => input['TotalSegments'])).toEqual([4, 4, 4, 4]);
  await aws.close();
});

it('lists all tenants, and the jobs that wait, in eight parts', async () => {
  const aws = await startScriptedAws(() => ({ json: { Items: [] } }));
  await run(tenants, [], aws.url);
  expect(aws.asked.map(({ input }) => input['TotalSegments'])).toEqual(Array.from({ length: 16 }, () => 8));
  await aws.close();
});

it('reads the changes since a moment in four parts of the table', async () => {
  const client = new DynamoDBClient({ region: 'us-east-1' });
  const parts: number[] = [];
  client.send = async ({ input }: { input: { TotalSegments: number } }) => {
    parts.push(input.TotalSegments);
    return {};
  };
  await auditSince({ client, tableName: 'audit' }, '2026-11-21T00:00:00Z');
  expect(parts).toEqual([4, 4, 4, 4]);
});

it('waits for twenty seconds for each answer about exports', async () => {
  const { io } = recordingIo();
  const environment = {
    ...{ AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'test' },
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  environment.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const aws = await dataExports({ config, io, environment, options: {}, positionals: [] });
  let asked = 0;
  server.on('request', () => {
    asked += 1;
  });
  const waits = await timersUntilFailure(
    () => aws.call('ListExports', {}),
    (ended) => asked > ended,
  );
  expect(waits).toEqual([20_000, 20_000, 20_000]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('asks EC2 for two hundred instance types in a call, as many as a filter takes', async () => {
  const client = new EC2Client({ region: 'us-east-1' });
  const sizes: number[] = [];
  client.send = async ({ input }: { input: { Filters: [{ Values: string[] }] } }) => {
    sizes.push(input.Filters[0].Values.length);
    return {};
  };
  await readOfferings(
    client,
    Array.from({ length: 450 }, (_, n) => `t${n}.large`),
  );
  expect(sizes).toEqual([200, 200, 50]);
});

it('lets a machine of verify live for a quarter of an hour, and waits for one for eight minutes', async () => {
  const target = { environment: 'my-saas', tier: small, instanceType: 't3.large', subnetId: 'subnet-1' };
  const [template] = verifyRequest(target).LaunchTemplateConfigs ?? [];
  const script = template?.LaunchTemplateSpecification?.LaunchTemplateSpecificationUserData ?? '';
  expect(Buffer.from(script, 'base64').toString()).toMatch(/^sleep 900$/m);

  const client = new EC2Client({ region: 'us-east-1' });
  const { now } = Date;
  let looks = 0;
  client.send = async () => {
    if (++looks > 9) throw new Error('It still looks.');
    Date.now = () => now() + looks * 150_000;
    return {};
  };
  const rows = await lookAtMachine(client, 'i-1', config).finally(() => {
    Date.now = now;
  });
  expect(rows).toMatchObject([{ verdict: 'FAIL', found: 'i-1 did not come up' }]);
  expect(looks).toBe(4);
});

it('keeps five megabytes of the supervisor’s log, and as many of the one before', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-host-'));
  const path = supervisorLog(folder);
  mkdirSync(join(folder, 'state'));
  writeFileSync(path, '');
  truncateSync(path, 5_000_000);
  openLog(folder);
  expect(statSync(path).size).toBe(5_000_000);
  truncateSync(path, 5_000_001);
  openLog(folder);
  expect([statSync(path).size, statSync(`${path}.1`).size]).toEqual([0, 5_000_001]);
  rmSync(folder, { recursive: true });
});

it('prints the last two hundred lines of the supervisor’s log', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-host-'));
  const path = supervisorLog(folder);
  mkdirSync(join(folder, 'state'));
  writeFileSync(path, Array.from({ length: 300 }, (_, n) => `line ${n}\n`).join(''));
  const { out } = await run(hostLogs, ['--folder', folder], 'http://127.0.0.1:1');
  expect(out.trimEnd().split('\n')).toEqual(Array.from({ length: 200 }, (_, n) => `line ${100 + n}`));
  rmSync(folder, { recursive: true });
});

it('waits for half a minute for the token of gh, which may ask for a password', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-gh-'));
  writeFileSync(join(folder, 'gh'), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
  const chosen = { credential: { kind: 'gh' }, apiUrl: 'https://api.github.com' } as HostConfig;
  const credential = credentialOf(chosen, { environment: { PATH: folder } } as unknown as CommandCall);
  const read = () => (credential.kind === 'token' ? credential.read() : Promise.resolve());
  expect(await timersUntilFailure(read)).toEqual([30_000]);
  rmSync(folder, { recursive: true });
});

it('waits for six minutes until all functions have read a new secret, which they keep for five', () => {
  expect(waitOption.default).toBe('360');
});

it('prints fifty lines of costs, and fifty spend caps, and says how many more there are', () => {
  const cost = { compute: 1, surplus: 0, disk: 1, address: 1 };
  const line = { name: 'acme/app', machines: 1, jobs: 1, seconds: 60, cost, total: 3 };
  const none = { machines: 0, total: 0 };
  const report = {
    ...{
      lines: Array.from({ length: 70 }, () => line),
      total: { ...line, name: 'total' },
      unpriced: {},
      unpricedTypes: [],
    },
    ...{ waste: { idle: none, cancelled: none, lostSpot: none }, priceLists: [] },
  };
  const caps = Array.from({ length: 60 }, () => ({ login: 'acme', installationId: 1, unreadable: 'No.' }));
  const month = { name: '2026-11', days: [], daysInMonth: 30, isOpen: true, isPartlyGone: false };
  const text = costsTable(report as never, { month, by: 'repository', caps: caps as never });
  expect(text.match(/acme\/app/g)).toHaveLength(50);
  expect(text.match(/^ {2}Spend cap, /gm)).toHaveLength(50);
  expect(text).toMatch(/^ {2}20 more; --format csv has all\.$/m);
  expect(text).toMatch(/^ {2}10 more spend caps; --format json has all\.$/m);
});

it('lists the last thousand deploys', async () => {
  const version = { version: { N: '1' }, configuration: { S: '{}' }, code: { S: 'c' } };
  const aws = await startScriptedAws(({ input }) => {
    const Items = Array.from({ length: Math.min(400, Number(input['Limit'])) }, () => version);
    return { json: { Items, LastEvaluatedKey: { version: { N: '1' } } } };
  });
  await run(rollback, ['--list'], aws.url);
  const limits = aws.asked
    .filter(({ action }) => action.endsWith('.Query'))
    .map(({ input }) => input['Limit']);
  expect(limits).toEqual([1_000, 600, 200]);
  await aws.close();
});
