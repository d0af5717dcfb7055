/** What `mayfly costs export` does in each of AWS's states, against a Data Exports that is told to deliver. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { costsExportDisable } from '../../lib/cli/costs/export/costs-export-disable.ts';
import { costsExportEnable } from '../../lib/cli/costs/export/costs-export-enable.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { createCostExplorerService } from '../../lib/local/aws/cost-explorer.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createStsService } from '../../lib/local/aws/sts.ts';
import type { BillLine } from '../../lib/local/bill/bill-lines.ts';
import { configWith } from '../config/configurations.ts';
import { givenBillExport } from '../support/costs-export.ts';
import { recordingIo } from './support.ts';

const accountId = '123456789012';
const config = configWith({ costsExport: {} });
const line: BillLine = { day: '2026-10-03', usageType: 'BoxUsage:m5.large', micros: 96_000, tags: new Map() };

let endpoint: AwsEndpoint;
beforeEach(async () => {
  endpoint = await startAwsEndpoint({ region: 'us-east-1', accountId, services: [createStsService()] });
});
afterEach(() => endpoint.close());

interface Given {
  readonly isWithoutBucket?: boolean;
  readonly payerAccount?: string;
  readonly bucketOwner?: string;
}
function given(options: Given = {}) {
  const bill = createCostExplorerService(Date.now, () => [line]);
  const { environment, region } = config;
  const world = givenBillExport({ environment, region, account: accountId, bill, ...options });
  for (const service of [world.s3, world.exports]) endpoint.use(service);
  return world;
}

async function run(words: string, configuration = config) {
  const { io, printed } = recordingIo();
  const { accessKeyId, secretAccessKey } = endpoint.operatorCredentials;
  const environment = {
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const args = ['costs', 'export', ...words.split(' ')];
  const commands = [costsExportEnable, costsExportDisable];
  return {
    status: await runCommand(commands, args, { config: configuration, io, environment }),
    ...printed(),
  };
}

const created = () => endpoint.calls.recent().filter(({ action }) => action === 'CreateExport').length;

describe('mayfly costs export', () => {
  it('creates the export once, and says when AWS delivers for the first time', async () => {
    given();
    expect(await run('enable')).toMatchObject({ status: 0, out: expect.stringContaining('within 24 hours') });
    const again = await run('enable');
    expect(again).toMatchObject({
      status: 0,
      out: expect.stringContaining('nothing has been delivered yet'),
    });
    expect(created()).toBe(1);
  });

  it('is delivered by month, in files that the manifest names', async () => {
    const { exports, s3, bucket } = given();
    await run('enable');
    exports.deliver();
    expect((await run('enable')).out).toMatch(/AWS last delivered it at \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    const name = `my-saas-us-east-1-${accountId}`;
    const file = `bill/${name}/data/BILLING_PERIOD=2026-10/${name}-00001.csv.gz`;
    const manifest = `bill/${name}/metadata/BILLING_PERIOD=2026-10/${name}-Manifest.json`;
    expect(s3.keys(bucket)).toEqual([file, manifest]);
    expect(String(s3.read(bucket, manifest))).toContain(`s3://${bucket}/${file}`);
  });

  it('says what is missing if AWS may not write to the bucket', async () => {
    given({ payerAccount: accountId, isWithoutBucket: true });
    const { status, out } = await run('enable');
    expect(status).toBe(1);
    expect(out).toBe(
      `There is no bucket my-saas-costs-${accountId}-us-east-1: deploy with costsExport first.\n`,
    );
    expect(created()).toBe(0);
  });

  it("says what is missing if the bucket's policy does not let AWS write", async () => {
    const { s3, bucket } = given();
    s3.setPolicy(bucket, { Statement: [] });
    const { status, out } = await run('enable');
    expect(status).toBe(1);
    expect(out).toContain('AWS may not write to the bucket: deploy with costsExport first');
  });

  it('does not deliver into a bucket of that name in another account', async () => {
    given({ bucketOwner: '666666666666' });
    const { status, out } = await run('enable');
    expect(status).toBe(1);
    expect(out).toContain(
      `my-saas-costs-${accountId}-us-east-1 belongs to another account than ${accountId}`,
    );
    expect(created()).toBe(0);
  });

  it("is refused by AWS if another account pays and the bucket's owner does not match", async () => {
    given({ bucketOwner: '666666666666', payerAccount: accountId });
    const paying = configWith({ costsExport: { payerAccount: accountId } });
    const { status, out } = await run('enable --account 999999999999', paying);
    expect(status).toBe(1);
    expect(out).toContain('AWS says: The bucket is of another account.');
  });

  it('says that AWS can no longer deliver, once the policy is gone', async () => {
    const { exports, s3, bucket } = given();
    await run('enable');
    s3.setPolicy(bucket, { Statement: [] });
    exports.deliver();
    const { status, out } = await run('enable');
    expect(status).toBe(1);
    expect(out).toContain('AWS cannot deliver the export: INSUFFICIENT_PERMISSION');
  });

  it('shows what it would request, and calls nothing', async () => {
    given();
    const { status, out } = await run('enable --dry-run');
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      DataQuery: { TableConfigurations: { COST_AND_USAGE_REPORT: { INCLUDE_RESOURCES: 'TRUE' } } },
    });
    expect(created()).toBe(0);
  });

  it('is deleted once, and may be deleted again', async () => {
    given();
    await run('enable');
    expect(await run('disable')).toMatchObject({
      status: 0,
      out: 'Deleted: AWS no longer delivers the export.\n',
    });
    expect(await run('disable')).toMatchObject({ status: 0, out: 'There is no such export.\n' });
  });

  it.each([
    [configWith({}), 'enable', 'mayfly.config.ts has no costsExport'],
    [
      configWith({ costsExport: { payerAccount: '210987654321' } }),
      'enable',
      'these are credentials of 123456789012',
    ],
    [
      configWith({ costsExport: { payerAccount: accountId } }),
      'enable',
      'Name the account that Mayfly runs in',
    ],
    [config, 'enable --account me', '--account is "me"; it must be twelve digits.'],
    [config, 'enable --account 99999999999', '--account is "99999999999"; it must be twelve digits.'],
    [config, 'enable --account 9999999999999', 'it must be twelve digits.'],
  ])('refuses what cannot work, without any call', async (configuration, words, message) => {
    given();
    const { status, error } = await run(words, configuration);
    expect({ status, error }).toEqual({ status: 2, error: expect.stringContaining(message) });
    expect(created()).toBe(0);
  });

  it('names the owner of the bucket if another account pays', async () => {
    const { exports } = given({ payerAccount: '210987654321' });
    expect(exports.service).toBe('bcm-data-exports');
    const paying = configWith({ costsExport: { payerAccount: accountId } });
    const { out } = await run('enable --dry-run --account 999999999999', paying);
    const { S3Destination } = JSON.parse(out).DestinationConfigurations;
    expect(S3Destination).toMatchObject({
      S3BucketOwner: '999999999999',
      S3Bucket: 'my-saas-costs-999999999999-us-east-1',
    });
  });
});
