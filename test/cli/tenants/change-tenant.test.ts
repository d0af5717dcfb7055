/** What any change of a tenant does if the row changes meanwhile, or if what follows it fails, and which permissions it needs. */
import { describe, expect, it } from '@jest/globals';
import type { Attributes } from '../../../lib/adapters/dynamodb/attributes.ts';
import { jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { policyChange } from '../../../lib/adapters/dynamodb/policy-change.ts';
import { commandPolicies } from '../../../lib/cli/policies/command-policies.ts';
import { changeTenant } from '../../../lib/cli/tenants/change-tenant.ts';
import { found } from '../../../lib/cli/tenants/find-tenant.ts';
import { InstallationId, JobId } from '../../../lib/core/ids.ts';
import config from '../../../mayfly.config.ts';
import { givenJob } from '../../support/given.ts';
import { recordingIo } from '../support.ts';
import { useFreshTenants } from './fresh-tenants.ts';

const fresh = useFreshTenants();
const { givenRow, stored, recordOf } = fresh;

describe('a change of a tenant', () => {
  const change = async (row: Attributes) => {
    const call = {
      options: {},
      positionals: [],
      config,
      io: { out: () => undefined, error: () => undefined },
      environment: fresh.account.operator,
    };
    return changeTenant(call, { found: found(row), edit: { max_runners: { N: '9' } }, action: 'set' });
  };

  it.each<[string, Attributes]>([
    ['by hand', { weight: { N: '4' } }],
    ['by another command', { version: { N: '2' } }],
  ])('is not written over what was changed %s since it was read', async (_, other) => {
    const row = givenRow();
    await fresh.account.put('tenants', { ...row, ...other });
    await expect(change(row)).rejects.toThrow(/changed .* at the same time, so nothing was written/);
    expect(await stored()).toEqual({ ...row, ...other });
    expect(await recordOf(2)).toBeUndefined();
  });

  it.each([['set', '--max-runners', '3'], ['suspend'], ['approve'], ['resume']])(
    'is not written to a row in which no tenant was created: %s',
    async (word, ...options) => {
      const row = { installation_id: { N: String(fresh.id) }, max_runners: { N: '2' } };
      await fresh.account.put('tenants', row);
      const { status, error } = await fresh.account.run('tenant', word, String(fresh.id), ...options);
      expect([status, error]).toEqual([2, expect.stringMatching(/No installation \d+ is known/)]);
      expect(await stored()).toEqual(row);
    },
  );

  it('says that a row still cannot be read, or that it can again', async () => {
    await fresh.account.put('tenants', { ...givenRow(), max_runners: { S: 'two' } });
    expect((await fresh.tenant('set', '--weight', '2')).out).toMatch(
      /None of its jobs start yet\. .*max_runners is \{"S":"two"\}; it must be a number/,
    );
    expect((await fresh.tenant('set', '--max-runners', '2')).out).toContain(
      'It applies from the next job on.',
    );
  });

  it('is shown, with a warning not to repeat it, even if what follows it fails', async () => {
    const row = givenRow();
    await fresh.account.put('tenants', row);
    const job = givenJob({ installationId: InstallationId(fresh.id), jobId: JobId(1), tier: 'new' as never });
    await fresh.account.put('jobs', jobRow(job));
    const { io, printed } = recordingIo();
    const { small } = config.tiers;
    const call = {
      ...{ options: {}, positionals: [], io, environment: fresh.account.operator },
      config: { ...config, tiers: { ...config.tiers, ...(small ? { new: small } : {}) } },
    };
    const changed = changeTenant(call, {
      ...{ found: found(row), edit: { max_runners: { N: '9' } }, action: 'set' },
    });
    await expect(changed).rejects.toThrow(/queue/i);
    expect(printed().out).toContain('max runners: 2 → 9');
    expect(printed().error).toContain(
      `The change is written, as version 2 of the policy of ${fresh.login}: do not repeat it.`,
    );
    expect(await stored()).toMatchObject({ max_runners: { N: '9' } });
  });

  it('is written even while leases are taken', async () => {
    const row = givenRow();
    await fresh.account.put('tenants', { ...row, leases_held: { N: '2' }, lease_changes: { N: '1' } });
    expect(await change(row)).toBe(0);
    expect(await stored()).toMatchObject({ leases_held: { N: '2' }, max_runners: { N: '9' } });
  });
});

describe('the IAM policy for changing tenants', () => {
  it('names every attribute that a change writes or checks, and no lease count', () => {
    const record = { installationId: 1, login: '', at: '', who: '', action: '', before: {}, after: {} };
    const tables = { tenants: 'tenants', audit: 'audit' };
    const [update] = policyChange({
      tables,
      row: givenRow(),
      edit: { weight: { N: '2' }, tier_limits: null },
      record,
    });
    const named = Object.values(update?.Update?.ExpressionAttributeNames ?? {});
    const statement = commandPolicies['tenant set']!({ environment: 'e', region: 'r', account: '1' }).find(
      ({ Sid }) => Sid === 'ChangeTenant',
    );
    const allowed = statement?.Condition?.['ForAllValues:StringEquals']?.['dynamodb:Attributes'] ?? [];
    expect(allowed).toEqual(expect.arrayContaining(named));
    expect([...allowed].filter((name) => name.startsWith('lease'))).toEqual([]);
  });
});
