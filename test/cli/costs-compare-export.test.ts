/** What `mayfly costs compare` says by machine, of an export that is written from the hidden truth. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createUsageLedger } from '../../lib/adapters/dynamodb/usage-ledger.ts';
import { monthOf } from '../../lib/cli/costs/month.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { createCostExplorerService } from '../../lib/local/aws/cost-explorer.ts';
import { type BilledLife, billItems } from '../../lib/local/bill/bill-items.ts';
import type { BillLine } from '../../lib/local/bill/bill-lines.ts';
import config from '../../mayfly.config.ts';
import { givenBillExport } from '../support/costs-export.ts';
import { lifeOn, recordLives, sumUpDays } from './billed-lives.ts';
import { commands } from './commands.ts';
import { clockOn, thisMonth, useClock } from './day-of-month.ts';
import { givenOperatorAccount, type OperatorAccount, place } from './operator-account.ts';
import { recordingIo } from './support.ts';

const hour = 3_600_000;
const day = 24 * hour;
const withExport = { ...config, costsExport: {} };
const now = clockOn(12);
useClock(now);
// Ten days of the month are on the bill.
const settled = monthOf(thisMonth, now(), 'records').days.slice(0, 10);
// Two of them have no machines.
const days = settled.slice(0, 8);
const tags = new Map([
  ['ghr:tenant_id', '101'],
  ['ghr:tenant_tier', 'small'],
  ['ghr:environment', config.environment],
]);

const lives = days.map((day, n) => lifeOn(day, `i-${n}`));
const unpriced = [lifeOn(days[4]!, 'i-unpriced')];
const withDisk = [lifeOn(days[6]!, 'i-diskless')];
/** Of the others, tests change the records. */
const summed = settled.filter((day) => day !== days[4] && day !== days[6]);
/** A launch of which nobody knows. */
const orphan = lifeOn(days[3]!, 'i-orphan');

let account: OperatorAccount;
let bill: ReturnType<typeof createCostExplorerService>;
let onBill: readonly BilledLife[];
let world: ReturnType<typeof givenBillExport>;
let storedAt: number | undefined;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
  await sumUpDays(account, summed, await recordLives(account, lives));
});
afterAll(() => account?.close());
beforeEach(async () => {
  onBill = lives;
  storedAt = undefined;
  bill = createCostExplorerService(Date.now, (dials) => onBill.flatMap((life) => linesOf(life, dials)));
  const { environment, region } = config;
  world = givenBillExport({
    environment,
    region,
    account: place.accountId,
    bill,
    now: () => storedAt ?? Date.now(),
  });
  for (const service of [bill, world.s3, world.exports]) account.endpoint.use(service);
  bill.setDials({ billed: [...tags.keys()] });
  await run('costs', 'activate', '--backfill', thisMonth);
  await run('costs', 'export', 'enable');
});

const linesOf = (life: BilledLife, dials: Parameters<typeof billItems>[2]) =>
  billItems(config.region, life, dials).map(({ component, ...item }): BillLine => {
    const resources = { compute: life.instanceId, surplus: life.instanceId, disk: `vol-${life.instanceId}` };
    const usageTypes = {
      compute: 'BoxUsage:m5.large',
      surplus: 'CPUCredits:t3',
      disk: 'EBS:VolumeUsage.gp3',
    };
    return component === 'address'
      ? { ...item, tags, usageType: 'PublicIPv4:InUseAddress', resourceId: `eni-${life.instanceId}` }
      : { ...item, tags, usageType: usageTypes[component], resourceId: resources[component] };
  });

async function run(...args: string[]) {
  const { io, printed } = recordingIo();
  const status = await runCommand(commands, args, { config: withExport, io, environment: account.operator });
  return { status, ...printed() };
}

const compare = (...args: string[]) => run('costs', 'compare', '--month', thisMonth, ...args);

describe('mayfly costs compare, with an export', () => {
  it('finds each machine by its id, and leaves credits, taxes and other accounts out', async () => {
    world.exports.deliver();
    const { status, out } = await compare('--json');
    const found = JSON.parse(out);
    expect({ status, source: found.source, requests: found.requests }).toEqual({
      ...{ status: 0, source: 'export', requests: 0 },
    });
    expect(found.total.ratio).toBeGreaterThan(0.99);
    expect(found.total.ratio).toBeLessThan(1.01);
    const { matched, close, notBilled } = found.machines;
    expect({ matched, close, notBilled }).toEqual({ matched: days.length, close: days.length, notBilled: 0 });
    expect(found.explained.part).toBeGreaterThan(0.98);
  });

  it('treats a discounted price as the machines’ cost, and shows the component and the machines', async () => {
    bill.setDials({ discountThousandths: 200 });
    world.exports.deliver();
    const { status, out } = await compare();
    expect(status).toBe(1);
    expect(out).toMatch(/compute on demand +1\.53\d\d +1\.22\d\d +-0\.3\d\d\d +0\.80\d/);
    expect(out).toMatch(/compute spot +0\.0000 +0\.0000/);
    expect(out).toMatch(/\n +i-\d+ +0\.19\d\d/);
    expect(out).toContain('From the export that AWS delivered at');
  });

  it('is created, compared by name, and deleted; delivered data can still be compared', async () => {
    world.exports.deliver();
    const read = await compare('--source', 'export');
    expect(read).toMatchObject({
      status: 0,
      out: expect.stringContaining('From the export that AWS delivered'),
    });
    expect(await run('costs', 'export', 'disable')).toMatchObject({
      status: 0,
      out: 'Deleted: AWS no longer delivers the export.\n',
    });
    world.exports.deliver();
    expect((await compare('--source', 'export')).out).toContain('From the export that AWS delivered');
    expect((await run('costs', 'export', 'enable')).out).toContain('within 24 hours');
  });

  it('shows how much of the tagged costs no record explains, and which resources', async () => {
    onBill = [...lives, orphan];
    world.exports.deliver();
    const { out } = await compare();
    expect(out).toMatch(/Records account for 88\.\d% of/);
    expect(out).toMatch(/Billed, but matching no machine on record: i-orphan 0\.19/);
  });

  it('finds machines even if no tag is active', async () => {
    bill = createCostExplorerService(Date.now, (dials) => onBill.flatMap((life) => linesOf(life, dials)));
    world = givenBillExport({ ...config, account: place.accountId, bill });
    for (const service of [bill, world.s3, world.exports]) account.endpoint.use(service);
    await run('costs', 'export', 'enable');
    world.exports.deliver();
    const { kinds } = JSON.parse((await compare('--json')).out);
    expect(kinds[0].ratio).toBeGreaterThan(0.99);
    expect(kinds[3].billed).toBe(0);
  });

  it('finds a machine by the record of its launch, up to five days and two and a half hours before its end', async () => {
    const first = Date.parse(days[0]!);
    const long = { ...lifeOn(days[0]!, 'i-long'), runningAt: first - 5 * day - hour, endedAt: first + hour };
    await recordLives(account, [long]);
    onBill = [...lives, long];
    world.exports.deliver();
    const { out } = await compare();
    expect(out).toMatch(/Records account for 99\.\d% of/);
    expect(out).not.toContain('i-long');
  });

  it('is stored as an export, which only a later delivery replaces, not Cost Explorer', async () => {
    bill.setDials({ discountThousandths: 150 });
    world.exports.deliver();
    expect((await compare()).out).toContain(`Stored ${days.length} changed days`);
    bill.setDials({ discountThousandths: 0 });
    const asked = await compare('--source', 'cost-explorer');
    expect(asked.out).toContain('No stored day changed');
    expect((await createUsageLedger(usage()).comparison())!.daysApart).toBeGreaterThanOrEqual(3);
    world.exports.deliver();
    expect((await compare()).out).toContain(`Stored ${days.length} changed days`);
    expect((await createUsageLedger(usage()).comparison())!.daysApart).toBe(0);
    const { out } = await run('audit', '--since', '1h');
    expect(out).toMatch(/on the bill: \S+ \(export\) → \S+ \(export\)/);
  });

  it('asks Cost Explorer if nothing was delivered, unless the export was requested', async () => {
    expect((await compare()).out).toMatch(/requests to Cost Explorer/);
    const { status, error } = await compare('--source', 'export');
    expect({ status, error }).toEqual({
      status: 2,
      error: expect.stringContaining(`AWS has delivered no export of ${thisMonth} yet`),
    });
  });

  it('does not use an export while AWS delivers it', async () => {
    world.exports.deliver();
    storedAt = Date.now() + 3_600_000;
    const key = world.s3.keys(world.bucket).find((name) => name.endsWith('00002.csv.gz'))!;
    const bytes = world.s3.read(world.bucket, key)!;
    const context = {
      'aws:sourcearn': `arn:aws:bcm-data-exports:us-east-1:${place.accountId}:export/x`,
      'aws:sourceaccount': place.accountId,
    };
    world.s3.deliver({
      bucket: world.bucket,
      key,
      bytes,
      service: 'bcm-data-exports.amazonaws.com',
      context,
    });
    const { status, error } = await compare();
    expect({ status, error }).toEqual({
      status: 2,
      error: expect.stringContaining('AWS is delivering the export right now'),
    });
  });

  it('leaves out a machine without a price on both sides, and names it', async () => {
    await recordLives(account, unpriced, { list: 'x', disk: 2_400_000, address: 5_000 });
    onBill = [...lives, ...unpriced];
    world.exports.deliver();
    const { status, out } = await compare();
    expect(out).toMatch(/No price on record, left out: i-unpriced 0\.19\d\d\n/);
    expect(out).toMatch(/compute on demand +1\.536\d +1\.535\d/);
    expect(status).toBe(0);
    bill.setDials({ discountThousandths: 200 });
    const byTag = await compare('--source', 'cost-explorer');
    expect(byTag.out).toContain(
      `Incomplete, because machines without a price ran; not counted as different: ${days[4]}`,
    );
  });
});

describe('a machine without a price for its disk and its address', () => {
  const rates = { list: 'x', compute: 96_000, surplus: 0 };
  const billed = () => bill.lines().reduce((sum, { micros }) => sum + micros, 0);
  /** Each day is rounded, in each component. */
  const rounding = 4 * days.length;

  it('leaves out those of its tenant, tier and day on both sides, but not its compute', async () => {
    await recordLives(account, withDisk, rates);
    await recordLives(account, unpriced, { list: 'x', disk: 2_400_000, address: 5_000 });
    onBill = [...lives, ...unpriced, ...withDisk];
    world.exports.deliver();
    const found = JSON.parse((await compare('--json')).out);
    const kinds = new Map(found.kinds.map((kind: { name: string }) => [kind.name, kind]));
    for (const name of ['compute on demand', 'disk', 'address'])
      expect(kinds.get(name)).toMatchObject({ ratio: expect.closeTo(1, 1) });
    expect(found.leftOut.map(({ day, component }: Record<string, string>) => [day, component])).toEqual([
      [days[6], 'disk'],
      [days[6], 'address'],
    ]);
    expect(found.explained.part).toBeGreaterThan(0.98);
    const { out, status } = await compare();
    expect(out).toContain(`because some machines have no price for it: disk on ${days[6]}\n`);
    expect(status).toBe(0);
    const costs = await run('costs', '--month', thisMonth, '--format', 'json');
    expect(Math.abs(JSON.parse(costs.out).total.afterComparison - billed())).toBeLessThanOrEqual(rounding);
  });

  it('causes no alarm even if Cost Explorer is asked after the export', async () => {
    await sumUpDays(account, summed, await recordLives(account, lives, rates));
    world.exports.deliver();
    const found = JSON.parse((await compare('--json')).out);
    expect({ daysApart: found.daysApart, leftOut: found.leftOut.length }).toEqual({
      ...{ daysApart: 0, leftOut: 2 * days.length },
    });
    const asked = JSON.parse((await compare('--source', 'cost-explorer', '--json')).out);
    expect({ daysApart: asked.daysApart, changed: asked.changed }).toEqual({ daysApart: 0, changed: 0 });
  });
});

const usage = () => ({ client: account.rows, tableName: `${config.environment}-usage` });
