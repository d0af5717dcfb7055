/** `tenant set --create-group`: a runner group at GitHub for the allowed repositories, and what it refuses. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { givenApp } from '../../../lib/adapters/github/app-client.ts';
import { createGitHub } from '../../../lib/adapters/github/github.ts';
import { systemClock } from '../../../lib/adapters/system/clock.ts';
import { InstallationId } from '../../../lib/core/ids.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import config from '../../../mayfly.config.ts';
import { givenTenant } from '../../support/given.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';

let account: OperatorAccount;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
  const file = join(account.folder, 'app.pem');
  writeFileSync(file, account.github.privateKeyPem);
  await account.run('setup', '--app-id', String(account.github.appId), '--key', file);
});
afterAll(() => account?.close());

let n = 0;
let login = '';
let id = 0;
beforeEach(() => {
  n += 1;
  login = `org-${n}`;
  id = account.github.install({ login, repositories: ['app', 'web'] }).installationId;
});

const givenStored = (over: Partial<Tenant> = {}) => {
  const named = { installationId: InstallationId(id), accountLogin: login };
  return account.put('tenants', newTenantRow(givenTenant({ ...over, ...named })));
};
const stored = () => account.get('tenants', { installation_id: { N: String(id) } });
const set = (...args: string[]) => account.run('tenant', 'set', login, ...args);
/** As the App sees it. */
async function group(name = 'ci') {
  const { url: apiUrl, appId, privateKeyPem: privateKey } = account.github;
  const app = givenApp({ appId: String(appId), privateKey });
  const github = createGitHub({ apiUrl, app, clock: systemClock });
  const answer = await github.getRunnerGroup(InstallationId(id), login, name);
  const listed = await github.listRepositories(InstallationId(id));
  const nameOf = (of: number) => listed.ok && listed.value.items.find((one) => one.id === of)?.fullName;
  const found = answer.ok ? answer.value : undefined;
  return found && { ...found, repositories: found.selectedRepositoryIds?.map(nameOf) };
}
const create = ['--group', 'ci', '--repositories', 'app', '--create-group'];

describe('mayfly tenant set --create-group', () => {
  it('creates the group for only the allowed repositories, and has it kept in sync', async () => {
    await givenStored();
    const made = await set(...create);
    expect(made).toMatchObject({ status: 0, error: '' });
    expect(made.out).toContain('Created the runner group ci for 1 repository.');
    expect(made.out).toContain("group's repositories kept in sync: no → yes");
    expect(made.out).toContain('The reconciler updates the runner group within minutes.');
    const repositories = [`${login}/app`];
    const alone = { visibility: 'selected', allowsPublicRepositories: false, repositories };
    expect(await group()).toMatchObject(alone);
    expect(await stored()).toMatchObject({ runner_group: { S: 'ci' }, keep_runner_group: { BOOL: true } });
  });

  it('creates nothing with --dry-run, and uses an existing group for selected repositories', async () => {
    await givenStored();
    expect((await set(...create, '--dry-run')).out).toContain('It would create the runner group ci');
    expect(await group()).toBeUndefined();
    account.github.setGroup(login, { name: 'CI', visibility: 'selected', repositories: ['web'] });
    const taken = await set(...create);
    expect(taken).toMatchObject({
      status: 0,
      out: expect.stringContaining('already has the runner group ci'),
    });
    expect(await group()).toMatchObject({ repositories: [`${login}/web`] });
    expect(await stored()).toMatchObject({ keep_runner_group: { BOOL: true } });
  });

  it.each<[string, readonly string[], Partial<Tenant>, RegExp]>([
    ['no name', ['--create-group'], { allowedRepositories: [1] }, /needs a name: add --group NAME/],
    ['all repositories', ['--group', 'ci', '--create-group'], {}, /Add --repositories/],
    ['runners of repositories', [...create, '--level', 'repository'], {}, /register with repositories/],
    [
      'a strange repository',
      ['--group', 'ci', '--repositories', '7', '--create-group'],
      {},
      /nothing was written/,
    ],
  ])('refuses %s, and writes nothing', async (_, args, over, message) => {
    await givenStored(over);
    const before = await stored();
    expect(await set(...args)).toMatchObject({ status: 2, error: expect.stringMatching(message) });
    expect(await group()).toBeUndefined();
    expect(await stored()).toEqual(before);
  });

  it('refuses a group of that name with other repositories', async () => {
    await givenStored();
    account.github.setGroup(login, { name: 'ci', visibility: 'all' });
    expect(await set(...create)).toMatchObject({
      status: 2,
      error: expect.stringContaining('not for selected repositories'),
    });
  });

  it('keeps no other group in sync, and none for all repositories', async () => {
    await givenStored({ runnerGroup: 'ci', keepsRunnerGroup: true, allowedRepositories: [1] });
    expect(await set('--repositories', 'all')).toMatchObject({
      status: 2,
      error: expect.stringContaining('--group'),
    });
    expect(await set('--group', 'CI', '--weight', '2')).toMatchObject({ status: 0 });
    expect(await stored()).toMatchObject({ keep_runner_group: { BOOL: true } });
    expect(await set('--group', 'default', '--repositories', 'all')).toMatchObject({ status: 0 });
    expect(await stored()).not.toHaveProperty('keep_runner_group');
  });
});

describe('a group of a tenant whose runners register with repositories', () => {
  const noEffect = 'the group has no effect until they register with the organization.';

  it('is stored, with a note that it has no effect yet', async () => {
    await givenStored();
    const together = await set('--level', 'repository', '--group', 'builds');
    expect(together).toMatchObject({ status: 0, out: expect.stringContaining(noEffect) });
    expect((await set('--group', 'others')).out).toContain(noEffect);
    expect((await set('--group', 'default')).out).not.toContain(noEffect);
    expect((await set('--level', 'organization', '--group', 'builds')).out).not.toContain(noEffect);
  });

  it('has the note of a fallback too, for which the App lacks the permission', async () => {
    await givenStored({ permissions: { administration: 'write' } });
    expect((await set('--group', 'builds')).out).toContain(noEffect);
  });
});
