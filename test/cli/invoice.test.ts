/** What `mayfly invoice` writes of a month whose sums are made, against the laptop's own tables. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newTenantRow } from '../../lib/adapters/dynamodb/tenant-row.ts';
import { progressKey, sumsRow } from '../../lib/adapters/dynamodb/usage-sum-row.ts';
import { monthOf } from '../../lib/cli/costs/month.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { usageOf } from '../../lib/core/usage.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import config from '../../mayfly.config.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { givenTenant } from '../support/given.ts';
import { clockOn, thisMonth, useClock } from './day-of-month.ts';
import { givenOperatorAccount, type OperatorAccount } from './operator-account.ts';

useClock(clockOn(2));
const [year = 0, month = 0] = new Date().toISOString().split('-').map(Number);
const lastMonth = new Date(Date.UTC(year, month - 1, 0)).toISOString().slice(0, 7);
const { days } = monthOf(lastMonth, Date.now(), 'sums');
const installationId = InstallationId(101);
const own = { from: '2026-01-01', minute: 12_345, roundSeconds: 60 };

function sumsOf(day: string) {
  const launchedAt = Date.parse(day);
  const rates = { list: '2026-07-20', compute: 41_600, surplus: 0, disk: 0, address: 5_000, own };
  const runner = givenRunner({ installationId, launchedAt, startedAt: launchedAt, rates });
  const job = { jobId: JobId(launchedAt), repository: 'acme/<b>app</b>', workflow: '=1+1 "& \u202egpj' };
  const end = { runner, reason: 'job-completed', endedAt: launchedAt + 3_600_000 } as const;
  return sumUp([usageOf({ ...end, job }), usageOf({ ...end, job: undefined })]);
}

let account: OperatorAccount;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
  await account.put('tenants', newTenantRow(givenTenant({ installationId, accountLogin: 'acme' })));
  for (const day of days) {
    await account.put('usage', sumsRow(day, installationId, sumsOf(day)));
    await account.put('usage', { ...progressKey(day), finished: { N: '1' } });
  }
});
afterAll(() => account?.close());
const invoice = (...args: string[]) => account.run('invoice', ...args);
const minutes = 60 * days.length;

describe('mayfly invoice', () => {
  it('writes a page for a complete month, in which external names are only text', async () => {
    const { status, out } = await invoice('acme', lastMonth);
    expect(status).toBe(0);
    expect(out).toContain('acme/&#60;b&#62;app&#60;/b&#62;');
    expect(out).toContain('=1+1 &#34;&#38;  gpj');
    expect(out).not.toMatch(/<b>|<script|https?:|Preliminary/);
    expect(out).toContain(`$${((minutes * 12_345) / 1_000_000).toFixed(2)}`);
  });

  it('writes JSON for programs', async () => {
    const { out } = await invoice('101', lastMonth, '--format', 'json');
    expect(JSON.parse(out)).toMatchObject({
      ...{ unit: 'micro-dollars', isComplete: true, month: lastMonth, installationId: 101, account: 'acme' },
      lines: [{ tier: 'small', jobs: days.length, minutes, basis: 'own rate', amount: minutes * 12_345 }],
      total: minutes * 12_345,
    });
  });

  it('writes a spreadsheet without formulas', async () => {
    const { out } = await invoice('acme', lastMonth, '--format', 'csv');
    const [head, line, total] = out.split('\n');
    expect(head).toBe('month,installation,account,tier,repository,workflow,basis,jobs,minutes,dollars');
    expect(line).toContain(`${lastMonth},101,"acme",small,"acme/<b>app</b>","'=1+1 ""&`);
    expect(total).toBe(`${lastMonth},101,"acme",,,,total,,,${((minutes * 12_345) / 1_000_000).toFixed(6)}`);
  });

  it("has the sums of a day on which another tenant was skipped; only that tenant's says that records are gone", async () => {
    const monthsAgo = new Date(Date.UTC(year, month - 5, 1)).toISOString().slice(0, 7);
    const old = monthOf(monthsAgo, Date.now(), 'sums').days;
    await account.put(
      'tenants',
      newTenantRow(givenTenant({ installationId: InstallationId(102), accountLogin: 'globex' })),
    );
    for (const day of old) {
      await account.put('usage', sumsRow(day, installationId, sumsOf(day)));
      const left = day === old[3] ? { left: { L: [{ N: '102' }] } } : {};
      await account.put('usage', { ...progressKey(day), finished: { N: '2' }, ...left });
    }
    const summed = await invoice('acme', monthsAgo);
    expect([summed.status, summed.out.includes('are gone')]).toEqual([0, false]);
    expect(summed.out).toContain(`$${((60 * old.length * 12_345) / 1_000_000).toFixed(2)}`);
    const left = await invoice('globex', monthsAgo);
    expect([left.status, left.out.includes('Records of some days are gone')]).toEqual([1, true]);
    const gone = 'Records of some days of this month are gone';
    expect((await account.run('costs', '--month', monthsAgo)).out).toContain(gone);
    const { out } = await account.run('costs', '--month', monthsAgo, '--tenant', 'acme');
    expect(out).not.toContain(gone);
  });

  it('reports an incomplete month by its exit status and on the page', async () => {
    const { status, out } = await invoice('acme', thisMonth);
    expect(status).toBe(1);
    expect(out).toContain('Preliminary');
    expect(out).toContain('No machine ran a job in this period.');
  });

  it.each(['html', 'csv', 'json'])('says why a month is incomplete beside the %s, too', async (format) => {
    const { error } = await invoice('acme', thisMonth, '--format', format);
    expect(error).toBe('Preliminary: some machines of this period are not accounted for yet.\n');
    expect(await invoice('acme', lastMonth, '--format', format)).toMatchObject({ status: 0, error: '' });
  });

  it.each([
    [['nobody', lastMonth], 'nobody'],
    [['acme', 'lately'], 'it must be a year and a month'],
    [['acme', lastMonth, '--format', 'pdf'], '--format is "pdf"; it must be one of html, csv, json.'],
  ])('refuses %j', async (args, message) => {
    const { status, error } = await invoice(...args);
    expect(status).toBe(2);
    expect(error).toContain(message);
  });
});
