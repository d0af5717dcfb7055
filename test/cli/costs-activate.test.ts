/** What `mayfly costs activate` does in each of AWS's states, against a Cost Explorer that has no mercy. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { costsActivate } from '../../lib/cli/costs/costs-activate.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { type CostExplorerService, createCostExplorerService } from '../../lib/local/aws/cost-explorer.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import config from '../../mayfly.config.ts';
import { recordingIo } from './support.ts';

const all = ['ghr:tenant_id', 'ghr:tenant_tier', 'ghr:environment'];
const day = 86_400_000;
const thisMonth = new Date().toISOString().slice(0, 7);

let endpoint: AwsEndpoint;
let bill: CostExplorerService;
let later: number;
beforeEach(async () => {
  later = 0;
  bill = createCostExplorerService(() => Date.now() + later);
  endpoint = await startAwsEndpoint({ region: 'us-east-1', accountId: '123456789012', services: [bill] });
});
afterEach(() => endpoint.close());

async function activate(...args: string[]) {
  const { io, printed } = recordingIo();
  const { accessKeyId, secretAccessKey } = endpoint.operatorCredentials;
  const environment = {
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const given = { config: { ...config, region: 'eu-west-1' }, io, environment };
  return { status: await runCommand([costsActivate], ['costs', 'activate', ...args], given), ...printed() };
}
const calls = () => endpoint.calls.recent().map(({ action }) => action);

describe('mayfly costs activate', () => {
  it('activates the tags of machines once, and finds them active afterwards', async () => {
    bill.setDials({ billed: [...all, 'other'] });
    const first = await activate();
    expect(first).toMatchObject({ status: 0, error: '' });
    expect(first.out.match(/activated now/g)).toHaveLength(3);
    const second = await activate();
    expect(second.status).toBe(0);
    expect(second.out).toMatch(/ghr:tenant_id +active\n/);
    expect(calls()).toEqual([
      'ListCostAllocationTags',
      'UpdateCostAllocationTagsStatus',
      'ListCostAllocationTags',
    ]);
  });

  it('activates tags that have been on a bill, names the others, and backfills nothing yet', async () => {
    bill.setDials({ billed: ['ghr:environment'] });
    const { status, out } = await activate('--backfill', thisMonth);
    expect(status).toBe(1);
    expect(out).toMatch(/ghr:tenant_id +not on a bill yet/);
    expect(out).toMatch(/ghr:environment +activated now/);
    expect(calls()).not.toContain('StartCostAllocationTagBackfill');
  });

  it('names the account that pays the bill, in all other accounts', async () => {
    bill.setDials({ billed: all, isLinked: true });
    const { status, out, error } = await activate();
    expect({ status, error }).toEqual({ status: 1, error: '' });
    expect(out).toContain('Another account pays the bill');
  });

  it('backfills earlier months, once in 24 hours', async () => {
    bill.setDials({ billed: all });
    expect(await activate('--backfill', thisMonth)).toMatchObject({
      status: 0,
      out: expect.stringContaining(`AWS fills in the months from ${thisMonth} on`),
    });
    expect(await activate('--backfill', thisMonth)).toMatchObject({
      status: 1,
      out: expect.stringContaining('one backfill per 24 hours'),
    });
    later = day;
    expect((await activate('--backfill', thisMonth)).status).toBe(0);
  });

  it('backfills from the first of twelve months, this one counted, and from none before', async () => {
    bill.setDials({ billed: all });
    const now = new Date();
    const monthsAgo = (count: number) =>
      new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - count, 1)).toISOString().slice(0, 7);
    expect((await activate('--backfill', monthsAgo(12))).status).toBe(2);
    expect((await activate('--backfill', monthsAgo(11))).status).toBe(0);
  });

  it.each(['2026-13', 'October', '2020-01', '2099-01'])(
    'refuses to backfill from %s, without calling AWS',
    async (month) => {
      const { status, error } = await activate('--backfill', month);
      expect(status).toBe(2);
      expect(error).toMatch(/it must be a month from 20\d\d-\d\d to 20\d\d-\d\d/);
      expect(calls()).toEqual([]);
    },
  );
});
