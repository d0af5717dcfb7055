/** What `mayfly tenant rollback` restores and lists, and how it checks the tenant afterwards. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../../lib/local/github/dials.ts';
import { useFreshTenants } from './fresh-tenants.ts';

const fresh = useFreshTenants();
const { givenStored, stored, recordOf, tenant } = fresh;

describe('mayfly tenant rollback', () => {
  /** With an App that GitHub knows: a rollback ends with a check of the tenant. */
  beforeAll(async () => {
    const file = join(fresh.account.folder, 'app.pem');
    writeFileSync(file, fresh.account.github.privateKeyPem);
    await fresh.account.run('setup', '--app-id', String(fresh.account.github.appId), '--key', file);
  });
  beforeEach(() => {
    const installed = fresh.account.github.install({ login: fresh.login, repositories: ['app'] });
    fresh.id = installed.installationId;
    fresh.accountId = installed.accountId;
  });
  const changed = async (...args: string[]) => {
    const { status, out, error } = await tenant('rollback', ...args);
    // The stand-in has no webhook that was heard of lately: the check says so, after the change.
    expect([status, error]).toEqual([1, '']);
    expect(out).toMatch(/PASS +installation/);
    return out;
  };

  it('restores the previous policy, and undoes that again, and records both', async () => {
    await givenStored({ maxRunners: 2 });
    await tenant('set', '--max-runners', '3');
    await tenant('set', '--max-runners', '7', '--group', 'builds', '--allowed-tiers', 'small,large');
    const then = (await stored())!;
    const dry = await tenant('rollback', '--dry-run');
    expect(dry.out).toMatch(/max runners: 7 → 3\n/);
    expect(await stored()).toEqual(then);

    await changed('--reason', 'too many');
    expect(await stored()).toMatchObject({ max_runners: { N: '3' }, version: { N: '4' } });
    for (const name of ['runner_group', 'allowed_tiers']) expect(await stored()).not.toHaveProperty(name);

    await changed('--to', '3');
    const { updated_at: _at, version: _version, ...back } = (await stored())!;
    const { updated_at: _before, version: _read, ...wanted } = then;
    expect(back).toEqual(wanted);
    expect(await recordOf(4)).toMatchObject({ action: { S: 'rolled-back-to-2' }, reason: { S: 'too many' } });
  });

  it('lists versions with their reasons, and what each would change now', async () => {
    await givenStored();
    await tenant('set', '--max-runners', '3', '--reason', 'ticket 1234');
    await tenant('set', '--max-runners', '4');
    const { out } = await tenant('rollback', '--list');
    expect(out).toMatch(
      /^3 .*operator\n {4}as it is now\n2 .*operator: ticket 1234\n {4}max runners: 4 → 3\n$/,
    );
  });

  it.each<[string, Fault, RegExp]>([
    ['does not answer', { route: 'GET /app/*', status: 502 }, /FAIL +check +GitHub could not be asked: .*/],
    ['refuses the App', { route: 'GET /app*', status: 401 }, /FAIL +App +forbidden/],
  ])('restores the policy while GitHub %s, and says that it is restored', async (_, fault, words) => {
    await givenStored();
    await tenant('set', '--max-runners', '3');
    await tenant('set', '--max-runners', '7');
    fresh.account.github.setDials({ faults: [fault] });
    const { status, out, error } = await tenant('rollback');
    fresh.account.github.setDials({ faults: [] });
    expect([status, error]).toEqual([1, '']);
    expect(out).toMatch(/max runners: 7 → 3\n.* It is version 4 of its policy\.\n/);
    expect(out).toMatch(words);
    expect(await stored()).toMatchObject({ max_runners: { N: '3' } });
  });

  it('says how to check the tenant later if it could not be checked, also in JSON', async () => {
    await givenStored();
    await tenant('set', '--max-runners', '3');
    await tenant('set', '--max-runners', '7');
    fresh.account.github.setDials({ faults: [{ route: 'GET /app/*', status: 502 }] });
    const { status, out } = await tenant('rollback', '--json');
    fresh.account.github.setDials({ faults: [] });
    expect(status).toBe(1);
    const remedy = expect.stringMatching(/do not roll back again.*mayfly tenant validate org-/);
    expect(JSON.parse(out)).toMatchObject({ version: 4, checks: [{ verdict: 'FAIL', remedy }] });
  });

  it('says that a group which Mayfly maintains follows', async () => {
    await givenStored({ runnerGroup: 'builds', keepsRunnerGroup: true, allowedRepositories: [7] });
    await tenant('set', '--repositories', '7,8');
    await tenant('set', '--repositories', '7');
    expect(await changed()).toContain('The reconciler updates the runner group within minutes.');
  });

  it('keeps a suspension', async () => {
    await givenStored();
    await tenant('set', '--max-runners', '3');
    await tenant('suspend');
    await tenant('set', '--max-runners', '4');
    await changed();
    expect(await stored()).toMatchObject({ status: { S: 'suspended' }, max_runners: { N: '3' } });
  });

  it.each([
    [['--to', '99'], 'has no version "99"; recorded versions are 2.'],
    [[], 'there is nothing to go back to'],
  ])('says what is recorded for %j', async (args, words) => {
    await givenStored();
    await tenant('set', '--max-runners', '3');
    expect(await tenant('rollback', ...args)).toMatchObject({
      status: 2,
      error: expect.stringContaining(words),
    });
  });
});
