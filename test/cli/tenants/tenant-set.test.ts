/** What `mayfly tenant set` writes, prints and refuses, against the laptop's own stand-ins. */
import { describe, expect, it } from '@jest/globals';
import { jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { InstallationId, JobId, TierName } from '../../../lib/core/ids.ts';
import config from '../../../mayfly.config.ts';
import { givenJob, medium } from '../../support/given.ts';
import { useFreshTenants } from './fresh-tenants.ts';

const fresh = useFreshTenants();
const { givenStored, stored, recordOf, tenant, messages } = fresh;

async function givenWaitingJobs(...jobs: readonly (readonly [number, string])[]) {
  const installationId = InstallationId(fresh.id);
  for (const [n, tier] of jobs)
    await fresh.account.put(
      'jobs',
      jobRow(givenJob({ installationId, jobId: JobId(n), tier: TierName(tier) })),
    );
}

describe('mayfly tenant set', () => {
  it('writes all settings in one change, prints before and after, and records who and why', async () => {
    await givenStored();
    const set = await tenant('set', '--plan', 'medium', '--tier-limit', 'large=1', '--reason', 'ticket 7');
    expect(set).toMatchObject({ status: 0, error: '' });
    expect(set.out).toMatch(/max runners: 2 → 5\n/);
    expect(set.out).toMatch(/plan: small → medium\n/);
    expect(set.out).toMatch(/tier limits: the tiers' own → large=1\n/);
    expect(set.out).toContain('It applies from the next job on. It is version 2 of its policy.');
    expect(await stored()).toMatchObject({
      tier: { S: 'medium' },
      max_runners: { N: '5' },
      tier_limits: { M: { large: { N: '1' } } },
      version: { N: '2' },
    });
    expect(await recordOf(2)).toMatchObject({
      action: { S: 'set' },
      reason: { S: 'ticket 7' },
      who: { S: expect.stringMatching(/^arn:aws:/) },
      before: { M: { tier: { S: 'small' }, max_runners: { N: '2' } } },
      after: { M: { tier: { S: 'medium' }, max_runners: { N: '5' } } },
      policy: { M: { status: { S: 'active' }, tier: { S: 'medium' } } },
    });
  });

  it.each([
    ['--group', 'nosuch', true],
    ['--level', 'repository', true],
    ['--repositories', 'none', true],
    ['--public', 'refuse', true],
    ['--max-runners', '5', false],
  ])('names the check of what depends on GitHub: %s %s', async (option, value, isNamed) => {
    await givenStored();
    const { out } = await tenant('set', option, value);
    expect(out.includes(`Check that its jobs can run: npx mayfly tenant validate ${fresh.login}\n`)).toBe(
      isNamed,
    );
  });

  it.each([
    [{ status: 'pending' }, 'It applies once the tenant is approved.'],
    [{ status: 'suspended', suspendedBy: 'operator' }, 'It applies once the suspension is lifted.'],
    [{ status: 'suspended', suspendedBy: 'github' }, 'It applies once the account has unsuspended the App'],
    [{ status: 'deleted' }, 'it applies if the account installs it again.'],
  ] as const)('says when a change of a tenant that may run nothing applies: %j', async (status, says) => {
    await givenStored(status);
    expect((await tenant('set', '--max-runners', '5')).out).toContain(says);
  });

  it('does not promise a pending tenant that its waiting job is checked now', async () => {
    await givenStored({ status: 'pending' });
    await givenWaitingJobs([1, 'small']);
    expect((await tenant('set', '--max-runners', '5')).out).toContain('once the tenant is approved');
  });

  it('pokes each tier in which jobs wait, and says how many', async () => {
    await givenStored();
    await givenWaitingJobs([1, 'small'], [2, 'small'], [3, 'medium']);
    const before = messages();
    const { out } = await tenant('set', '--max-runners', '5');
    expect(out).toContain('the 3 waiting jobs are being checked now');
    expect(messages()).toBe(before + 1);
  });

  it('checks no jobs of a tier that is no longer configured: it has no queue', async () => {
    await givenStored();
    await givenWaitingJobs([4, 'gone']);
    const { status, out, error } = await tenant('set', '--max-runners', '5');
    expect([status, error]).toEqual([0, '']);
    expect(out).toContain('It applies from the next job on.');
  });

  it('removes the limit of a tier that is no longer configured, and sets none', async () => {
    const gone = TierName('gone');
    await givenStored({
      tierLimits: new Map([
        [gone, 1],
        [medium, 2],
      ]),
    });
    expect(await tenant('set', '--tier-limit', 'gone=3')).toMatchObject({ status: 2 });
    expect(await tenant('set', '--tier-limit', 'gone=default')).toMatchObject({ status: 0 });
    expect((await stored())?.['tier_limits']).toEqual({ M: { medium: { N: '2' } } });
    expect(await tenant('set', '--tier-limit', 'gone=default')).toMatchObject({ status: 2 });
  });

  it('restores defaults', async () => {
    await givenStored({
      weight: 3,
      runnerGroup: 'builds',
      tierLimits: new Map([[medium, 1]]),
      runnerLevel: 'repository',
    });
    await tenant(
      'set',
      '--weight',
      'default',
      '--group',
      'default',
      '--tier-limit',
      'medium=default',
      '--level',
      'auto',
    );
    const row = await stored();
    for (const name of ['weight', 'runner_group', 'tier_limits', 'runner_level'])
      expect(row).not.toHaveProperty(name);
  });

  it('changes nothing with --dry-run, or if nothing differs', async () => {
    await givenStored();
    const before = await stored();
    const dry = await tenant('set', '--max-runners', '5', '--dry-run');
    expect(dry.out).toMatch(/max runners: 2 → 5\n(.*\n)*Nothing was changed\./);
    const same = await tenant('set', '--max-runners', '2');
    expect(same.out).toContain('already has these settings: nothing to change');
    expect(await stored()).toEqual(before);
    expect(await recordOf(2)).toBeUndefined();
  });

  it('reports all errors at once, each with what is allowed', async () => {
    await givenStored();
    const { status, error } = await tenant(
      'set',
      '--plan',
      'huge',
      '--max-runners',
      '-1',
      '--tier-limit',
      'small=x',
      '--public',
      'maybe',
      '--weight',
      '0',
      '--level',
      'team',
      '--allowed-tiers',
      'tiny',
    );
    expect(status).toBe(2);
    expect(error.match(/ must be /g)).toHaveLength(7);
    expect(error).toContain('--plan is "huge"; it must be one of small, medium, large.');
    expect(error).toContain('must be all, or a comma-separated list of small, medium, large.');
  });

  it('takes limits up to a hundred thousand, and names of groups of up to 128 characters', async () => {
    await givenStored();
    const set = (machines: number, letters: number) =>
      tenant('set', '--max-runners', String(machines), '--group', 'g'.repeat(letters));
    const { status, error } = await set(100_001, 129);
    expect(status).toBe(2);
    expect(error).toContain('it must be a whole number from 0 to 100000.');
    expect(error.match(/ must be /g)).toHaveLength(2);
    expect((await set(100_000, 128)).status).toBe(0);
  });

  it('has GitHub asked about the runner group if that changes, and not otherwise', async () => {
    await givenStored();
    const asked = () => fresh.account.queues.counts(`${config.environment}-installations`).visible;
    const before = asked();
    await tenant('set', '--max-runners', '5');
    await tenant('set', '--group', 'builds', '--dry-run');
    expect(asked()).toBe(before);
    await tenant('set', '--group', 'builds');
    await tenant('set', '--group', 'builds');
    await tenant('set', '--level', 'repository');
    expect(asked()).toBe(before + 2);
  });

  it('refuses organization level and a group for a user, whose runners register with repositories', async () => {
    await givenStored({ accountType: 'User' });
    const { status, error } = await tenant('set', '--level', 'organization', '--group', 'ci');
    expect(status).toBe(2);
    expect(error).toMatch(/--level is "organization"; it must be auto or repository: the account is a user/);
    expect(error).toMatch(/--group is "ci"; it must be default: the account is a user/);
    expect((await tenant('set', '--level', 'repository', '--group', 'default')).status).toBe(0);
  });

  it('requires something to set', async () => {
    await givenStored();
    expect(await tenant('set')).toMatchObject({
      status: 2,
      error: expect.stringContaining('No settings were given'),
    });
  });

  it('prints JSON', async () => {
    await givenStored();
    const { out } = await tenant('set', '--max-runners', '4', '--json');
    expect(JSON.parse(out)).toMatchObject({
      installationId: fresh.id,
      changed: [{ name: 'max runners', before: '2', after: '4' }],
      version: 2,
      jobsWaiting: 0,
    });
  });

  it('accepts ids of repositories, `none` and `all`', async () => {
    await givenStored();
    const { error } = await tenant('set', '--repositories', '7,8,7');
    expect(error).toMatch(
      /^Not checked at GitHub: the ids 7, 8. To check: npx mayfly tenant validate org-\d+\n$/,
    );
    expect(await stored()).toMatchObject({ allowed_repositories: { L: [{ N: '7' }, { N: '8' }] } });
    // No id, so a name, which takes the App to look up.
    expect((await tenant('set', '--repositories', '0')).status).toBe(2);
    await tenant('set', '--repositories', 'none');
    expect(await stored()).toMatchObject({ allowed_repositories: { L: [] } });
    await tenant('set', '--repositories', 'all');
    expect(await stored()).not.toHaveProperty('allowed_repositories');
  });
});
