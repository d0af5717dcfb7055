/** `mayfly tenants`: who is listed and in which order, and that thousands are listed without a read for each. */
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { InstallationId, JobId } from '../../../lib/core/ids.ts';
import { reason } from '../../../lib/core/reason.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import config from '../../../mayfly.config.ts';
import { givenJob, givenTenant } from '../../support/given.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';

let account: OperatorAccount;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
});
afterAll(() => account?.close());

const stored = async (id: number, accountLogin: string, over: Partial<Tenant> = {}, machines = 0) =>
  account.put('tenants', {
    ...newTenantRow(givenTenant({ ...over, installationId: InstallationId(id), accountLogin })),
    leases_held: { N: String(machines) },
  });
const waits = (
  id: number,
  jobId: number,
  acceptedAt: number,
  code: 'tenant-limit' | 'quota' = 'tenant-limit',
) =>
  account.put(
    'jobs',
    jobRow(
      givenJob({
        installationId: InstallationId(id),
        jobId: JobId(jobId),
        acceptedAt,
        reason: reason(code, 'Because.'),
      }),
    ),
  );
const logins = async (...args: string[]) =>
  JSON.parse((await account.run('tenants', '--json', ...args)).out).map(
    ({ login }: { login: string }) => login,
  );

describe('mayfly tenants', () => {
  it('says if there are none', async () => {
    expect(await account.run('tenants')).toMatchObject({
      status: 0,
      out: expect.stringContaining('No tenants yet'),
    });
  });

  it('lists, chooses and sorts them', async () => {
    const now = Date.now();
    await stored(1, 'beta', { maxRunners: 5, createdAt: '2026-01-03T00:00:00Z' }, 4);
    await stored(2, 'acme', { maxRunners: 2, createdAt: '2026-01-02T00:00:00Z' }, 2);
    await stored(3, 'gamma', { status: 'pending', createdAt: '2026-01-01T00:00:00Z' });
    await stored(4, 'delta', { status: 'suspended', suspendedBy: 'github' });
    await stored(5, 'gone', { status: 'deleted' });
    await waits(1, 1, now - 10_000);
    await waits(1, 2, now - 20_000);
    await waits(2, 3, now - 3_600_000);

    expect(await logins()).toEqual(['acme', 'beta', 'delta', 'gamma']);
    expect(await logins('--status', 'pending')).toEqual(['gamma']);
    expect(await logins('--status', 'suspended')).toEqual([]);
    expect(await logins('--status', 'suspended-by-github')).toEqual(['delta']);
    expect(await logins('--status', 'deleted')).toEqual(['gone']);
    expect(await logins('--waiting', '--sort', 'waiting')).toEqual(['beta', 'acme']);
    expect(await logins('--waiting', '--sort', 'oldest')).toEqual(['acme', 'beta']);
    expect(await logins('--over', '80%')).toEqual(['acme']);
    expect(await logins('--over', '79', '--sort', 'machines')).toEqual(['beta', 'acme']);
    expect(await logins('--sort', 'used')).toEqual(['acme', 'beta', 'delta', 'gamma']);
    expect(await logins('--sort', 'created')).toEqual(['gamma', 'acme', 'beta', 'delta']);
    const { out, status } = await account.run('tenants');
    expect(status).toBe(0);
    expect(out).toMatch(/acme +2 +active +small +2 of 2 +1 +60 min/);
    expect(out).toContain('4 of 5 tenants');
  });

  it('exits with 1 if one of the shown tenants has a problem', async () => {
    await waits(2, 4, Date.now(), 'quota');
    expect(await account.run('tenants')).toMatchObject({
      status: 1,
      out: expect.stringContaining('tenant show'),
    });
    expect(await account.run('tenants', '--status', 'pending')).toMatchObject({ status: 0 });
  });

  it('reports the allowed values of all options at once', async () => {
    const { status, error } = await account.run(
      'tenants',
      '--sort',
      'size',
      '--status',
      'odd',
      '--over',
      'much',
    );
    expect(status).toBe(2);
    expect(error.match(/must be/g)).toHaveLength(3);
  });

  it('lists two thousand with one read for each megabyte, and none for each tenant', async () => {
    for (let from = 1_000; from < 3_000; from += 500) {
      await Promise.all(Array.from({ length: 20 }, (_, n) => batch(from + n * 25)));
    }
    const before = scans();
    const listed = await logins();
    expect(listed).toHaveLength(2_004);
    expect(scans() - before).toBeLessThan(40);
  });
});

const scans = () =>
  account.endpoint.calls
    .counts()
    .filter(({ action }) => action !== 'BatchWriteItem')
    .reduce((sum, { calls }) => sum + calls, 0);

const batch = (from: number) =>
  account.rows.send(
    new BatchWriteItemCommand({
      RequestItems: {
        [`${config.environment}-tenants`]: Array.from({ length: 25 }, (_, n) => ({
          PutRequest: {
            Item: newTenantRow(
              givenTenant({ installationId: InstallationId(from + n), accountLogin: `org-${from + n}` }),
            ),
          },
        })),
      },
    }),
  );
