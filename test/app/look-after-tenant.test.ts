/** A part of a reconciler's visit that fails, at each visit, hides nothing that the other parts would find. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenTenant, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const account = { accountId: 1, accountLogin: 'acme', accountType: 'Organization' } as const;
const isQueued = { status: 'queued', conclusion: null, runnerName: null } as const;

/** A job that nobody reported, in a tenant of which the reconciler has everything to look after. */
async function givenLostJob() {
  const tenant = givenTenant({
    runnerGroup: 'ours',
    keepsRunnerGroup: true,
    allowedRepositories: [1],
  });
  const platform = await givenPlatform({ tenants: [tenant] });
  platform.github.putInstallation(acme, { ...account, suspended: false, repositories: ['app'] });
  const facts = { labels: ['self-hosted', 'small'], createdAt: noon - 600_000 };
  platform.github.putJob('acme/app', JobId(900), isQueued, facts);
  return platform;
}

type BreakPart = (platform: Platform, fail: () => never) => unknown;

const parts: Readonly<Record<string, BreakPart>> = {
  'the list of its runners': ({ github }, fail) => Object.assign(github, { listRunners: async () => fail() }),
  'its runner group': ({ github }, fail) => Object.assign(github, { getRunnerGroup: async () => fail() }),
  'its waiting jobs': ({ stores: { world } }, fail) => {
    world.beforeCall = (call) => {
      if (call === 'jobs.tiersWithWaiting') fail();
    };
  },
};

describe('a job that nobody reported', () => {
  it.each(Object.entries(parts))('is found although %s cannot be read', async (_, breakPart) => {
    const platform = await givenLostJob();
    let failed = 0;
    breakPart(platform, () => {
      failed += 1;
      throw new OperationalError('no', { code: 'UnreadableRow', retryable: false });
    });
    await expect(platform.reconcile()).rejects.toThrow('1 parts of the reconciler failed');
    expect(failed).toBe(1);
    expect(platform.queues.tiers).toMatchObject([{ message: { jobId: 900 } }]);
  });

  it('is found although several parts fail, all of which are reported', async () => {
    const platform = await givenLostJob();
    for (const [name, breakPart] of Object.entries(parts))
      breakPart(platform, () => {
        throw new OperationalError(name, { code: 'UnreadableRow', retryable: false });
      });
    await expect(platform.reconcile()).rejects.toThrow('1 parts of the reconciler failed');
    expect(platform.queues.tiers).toMatchObject([{ message: { jobId: 900 } }]);
    const said = platform.telemetry.events.find(({ name }) => name === 'reconcile-failed');
    expect(Object.keys(parts).filter((name) => !JSON.stringify(said).includes(name))).toEqual([]);
  });
});
