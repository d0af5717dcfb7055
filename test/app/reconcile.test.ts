/** One run of the reconciler as a whole: what counts as a failure, and what it tells others. */
import { describe, expect, it } from '@jest/globals';
import { appMissing } from '../../lib/ports/app-credentials.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const failing = (code: string) => async () => {
  throw new OperationalError('Run `npx mayfly setup`.', { code, retryable: true });
};

describe('a run of the reconciler', () => {
  it('does not fail if there is no GitHub App yet, and says so', async () => {
    const platform = await givenPlatform();
    platform.github.listDeliveries = failing(appMissing);
    await platform.reconcile();
    const told = platform.telemetry.events.filter(({ name }) => name === 'app-missing');
    expect(told).toMatchObject([{ level: 'info', fields: { why: 'Run `npx mayfly setup`.' } }]);
  });

  it.each([
    ['an outage', failing('ServiceUnavailable')],
    ['a bug', () => Promise.reject(new Error('bug'))],
  ])('fails because of %s, logs it, and still visits the tenants', async (_, listDeliveries) => {
    const platform = await givenPlatform();
    platform.github.listDeliveries = listDeliveries;
    platform.github.deleteInstallation(acme);
    await expect(platform.reconcile()).rejects.toThrow('1 parts of the reconciler failed');
    expect(platform.telemetry.events.filter(({ name }) => name === 'reconcile-failed')).toHaveLength(1);
    expect(platform.queues.installations).toHaveLength(1);
  });

  it('fails because EC2 does not list its machines, logs it, and still visits the tenants', async () => {
    const platform = await givenPlatform();
    platform.compute.listMachines = failing('ServiceUnavailable');
    platform.github.deleteInstallation(acme);
    await expect(platform.reconcile()).rejects.toThrow('1 parts of the reconciler failed');
    const logged = platform.telemetry.events.map(({ name }) => name);
    expect(logged).toContain('reconcile-failed');
    expect(logged).not.toContain('app-missing');
    expect(platform.queues.installations).toHaveLength(1);
  });

  it('has the tenant manager ask about an installation with a message like an event’s', async () => {
    const platform = await givenPlatform();
    platform.github.deleteInstallation(acme);
    await platform.reconcile();
    expect(platform.queues.installations).toEqual([
      {
        ...{ kind: 'installation', event: 'reconciler.doubts', delivery: 'reconciler' },
        ...{ installationId: acme, repositoriesRemoved: [] },
      },
    ]);
  });
});

describe('a tenant’s row that somebody changed by hand', () => {
  it('is recorded at the next visit, with a warning that says what changed, and once', async () => {
    const platform = await givenPlatform();
    const told = () =>
      platform.telemetry.events.filter(({ name }) => ['first-recorded', 'changed-outside'].includes(name));
    await platform.reconcile();
    platform.telemetry.events.splice(0);
    platform.stores.world.setMaxRunners(acme, 9);
    for (let visits = 0; visits < 2; visits += 1) await platform.reconcile();
    expect(told()).toMatchObject([
      { level: 'warn', name: 'changed-outside', fields: { attributes: ['maxRunners'] } },
    ]);
  });

  it('keeps the tenant from no visit if its record cannot be read', async () => {
    const platform = await givenPlatform();
    platform.stores.world.beforeCall = (call) => {
      if (call.startsWith('audit.'))
        throw new OperationalError('no', { code: 'UnreadableRow', retryable: false });
    };
    platform.github.deleteInstallation(acme);
    await expect(platform.reconcile()).rejects.toThrow('1 parts of the reconciler failed');
    expect(platform.queues.installations).toHaveLength(1);
  });

  it('causes no warning if nothing was recorded before', async () => {
    const platform = await givenPlatform();
    platform.stores.world.rows.recorded.clear();
    await platform.reconcile();
    const told = platform.telemetry.events.filter(({ name }) => name === 'first-recorded');
    expect(told).toMatchObject([{ level: 'info', fields: { installationId: acme } }]);
  });
});
