/** What `mayfly costs` prints of the rows that there are, against the laptop's own tables. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newTenantRow } from '../../lib/adapters/dynamodb/tenant-row.ts';
import { usageRow } from '../../lib/adapters/dynamodb/usage-row.ts';
import { dayOf } from '../../lib/core/days.ts';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import { type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import config from '../../mayfly.config.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { givenTenant } from '../support/given.ts';
import { clockOn, thisMonth, useClock } from './day-of-month.ts';
import { givenOperatorAccount, type OperatorAccount } from './operator-account.ts';

const now = clockOn(2);
useClock(now);
const launchedAt = now();
const month = thisMonth;
const rates = { list: '2026-07-20', compute: 41_600, surplus: 40_000, disk: 2_400_000, address: 5_000 };

let account: OperatorAccount;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
  const tenant = givenTenant({ installationId: InstallationId(101), accountLogin: 'acme' });
  await account.put('tenants', newTenantRow(tenant));
  for (const record of records) await account.put('usage', usageRow(record));
});
afterAll(() => account?.close());

const used = (n: number, over: Partial<UsageRecord> = {}): UsageRecord => {
  const runner = givenRunner({ instanceId: InstanceId(`i-${n}`), launchedAt, startedAt: launchedAt, rates });
  const job = {
    ...{ jobId: JobId(n), runId: n, repository: 'acme/app' },
    ...{ workflow: '=HYPERLINK("x")', conclusion: 'success' },
  };
  return { ...usageOf({ runner, reason: 'job-completed', endedAt: launchedAt + 3_600_000, job }), ...over };
};
const { job: _none, ...idle } = used(3);
const records = [
  used(1),
  used(2, { installationId: InstallationId(102), account: 'globex' }),
  idle,
  used(20, {
    installationId: InstallationId(1010),
    account: 'initech',
    instanceType: 'm5.metal',
    unpriced: ['compute'],
  }),
];
const costs = (...args: string[]) => account.run('costs', '--month', month, ...args);

describe('mayfly costs', () => {
  it('shows every tenant, the sum, the waste and what has no price, also in its exit status', async () => {
    const { status, out } = await costs();
    expect(status).toBe(1);
    expect(out).toContain(`Costs of ${month}`);
    expect(out).toMatch(/acme \(101\) +2 +1 +2\.0 +0\.0832 +0\.0800 +0\.0066 +0\.0100 +0\.1798\n/);
    expect(out).toMatch(/total +4 +3 +4\.0 /);
    expect(out).toContain('wasted: 1 machine without a job 0.0899');
    expect(out).toContain('No price for the instance types (m5.metal) of 1 machine: the sums are too low.');
    expect(out).toContain('CPU credits are an estimate, at 60% CPU on average.');
  });

  it('shows how much of their spend caps tenants have used', async () => {
    const capped = givenTenant({ installationId: InstallationId(103), accountLogin: 'hooli', accountId: 3 });
    const row = newTenantRow({ ...capped, caps: { month: 500_000_000, day: 40_000_000 } });
    const spent = {
      [`spent_${month}`]: { N: '12400000' },
      [`carried_${dayOf(now())}`]: { N: '1200000' },
    };
    await account.put('tenants', { ...row, ...spent });
    for (const [id, accountLogin] of [
      [104, 'Zeta'],
      [105, 'alpha'],
    ] as const) {
      const tenant = givenTenant({ installationId: InstallationId(id), accountLogin, accountId: id });
      await account.put('tenants', newTenantRow({ ...tenant, caps: { month: 1_000_000 } }));
    }
    const { out } = await account.run('costs');
    expect(out).toMatch(/hooli: \$12\.40 of \$500\.00 in 20\d\d-\d\d, \$1\.20 of \$40\.00 today/);
    const { out: json } = await account.run('costs', '--format', 'json');
    expect(JSON.parse(json).caps).toMatchObject([
      { login: 'alpha' },
      { login: 'hooli', strict: false },
      { login: 'Zeta' },
    ]);
    const { out: listed } = await account.run('tenants');
    expect(listed).toMatch(/hooli .* \$12\.40 of \$500\.00/);
  });

  it.each(['acme', '101'])('shows one tenant, by %s, and none whose id has the same prefix', async (name) => {
    const { status, out } = await costs('--tenant', name, '--by', 'repository', '--format', 'json');
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ...{ month, by: 'repository', tenant: 'acme', unit: 'micro-dollars' },
      lines: [
        { name: '(no job)', machines: 1, jobs: 0 },
        { name: 'acme/app', machines: 1, jobs: 1, seconds: 3600 },
      ],
      total: { machines: 2, total: 179_776 },
      waste: { idle: { machines: 1, total: 89_888 } },
    });
  });

  it('writes a spreadsheet without formulas', async () => {
    const { out } = await costs('--tenant', 'acme', '--by', 'workflow', '--format', 'csv');
    expect(out.split('\n')).toEqual([
      'month,workflow,machines,jobs,seconds,compute,surplus,disk,address,total',
      `${month},"(no job)",1,0,3600,0.041600,0.040000,0.003288,0.005000,0.089888`,
      `${month},"acme/app: =HYPERLINK(""x"")",1,1,3600,0.041600,0.040000,0.003288,0.005000,0.089888`,
      '',
    ]);
  });

  it('writes FOCUS, with a line for each day, tenant, tier and workflow', async () => {
    const { out } = await costs('--tenant', 'acme', '--format', 'focus');
    const [head = '', ...lines] = out.trimEnd().split('\n');
    expect(head).toMatch(/^BilledCost,BillingAccountId,.*,x_Jobs$/);
    expect(lines).toHaveLength(2);
    expect(lines.join()).toContain('{""ghr:tenant_id"":""101""');
    expect(lines.join()).toContain(`"'=HYPERLINK(""x"")"`);
  });

  it('exits with 1 if a disk has no price, and with 0 if an address has none', async () => {
    for (const [id, unpriced] of [
      [105, 'disk'],
      [106, 'address'],
    ] as const) {
      const of = givenTenant({
        installationId: InstallationId(id),
        accountLogin: `acct-${id}`,
        accountId: id,
      });
      await account.put('tenants', newTenantRow(of));
      const record = used(id, { installationId: of.installationId, unpriced: [unpriced] });
      await account.put('usage', usageRow(record));
    }
    expect((await costs('--tenant', '105')).status).toBe(1);
    expect((await costs('--tenant', '106')).status).toBe(0);
  });

  it.each([
    [['--by', 'zone'], '--by is "zone"; it must be one of tenant, repository, workflow, tier, job, day.'],
    [['--format', 'xml'], '--format is "xml"; it must be one of table, csv, json, focus.'],
    [['--tenant', 'nobody'], 'nobody'],
  ])('refuses %j', async (args, message) => {
    const { status, error } = await costs(...args);
    expect(status).toBe(2);
    expect(error).toContain(message);
  });
});
