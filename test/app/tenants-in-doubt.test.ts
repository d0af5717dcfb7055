/** Tenants of which something must be found out before their jobs start: a former installation, a refusal, no row at all. */
import { describe, expect, it } from '@jest/globals';
import { askWhoItIs } from '../../lib/app/scale-up/ask-who-it-is.ts';
import type { BalanceDeps } from '../../lib/app/scale-up/balance-deps.ts';
import { forgetPredecessor } from '../../lib/app/scale-up/forget-predecessor.ts';
import { probeTenant } from '../../lib/app/scale-up/probe-tenant.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { acme, givenJob, givenTenant, givenTier, noon } from '../support/given.ts';

const former = InstallationId(5);
const before = InstallationId(4);
const second = 1000;

function given(...tenants: readonly Tenant[]) {
  const { world, ...stores } = createMemoryStores();
  for (const tenant of tenants) world.rows.tenants.set(tenant.installationId, tenant);
  const shared = { notes: createMemoryNotes(), queues: createMemoryQueues(), clock: createMemoryClock(noon) };
  const deps = { ...stores, ...shared } as unknown as BalanceDeps;
  return { deps, ...shared, row: () => world.rows.tenants.get(acme) };
}

describe('the former installation of an account', () => {
  const deleted = (installationId: InstallationId, over: Partial<Tenant> = {}) =>
    givenTenant({ installationId, status: 'deleted', ...over });
  const tenant = givenTenant({ predecessor: former });

  it.each<[string, readonly Tenant[]]>([
    ['it is not deleted', [deleted(former, { status: 'active' })]],
    ['it has a machine', [deleted(former, { leases: 1 })]],
    [
      'the one before it has a machine',
      [deleted(former, { predecessor: before }), deleted(before, { leases: 1 })],
    ],
  ])('keeps the account waiting while %s', async (_, others) => {
    const { deps, row } = given(tenant, ...others);
    expect(await forgetPredecessor(deps, tenant)).toBe(false);
    expect(row()).toEqual(tenant);
  });

  it('leaves only its row behind if there is none', async () => {
    const { deps, row } = given(tenant);
    expect(await forgetPredecessor(deps, tenant)).toBe(true);
    expect(row()).not.toHaveProperty('predecessor');
    const alone = givenTenant();
    expect(await forgetPredecessor(given(alone).deps, alone)).toBe(false);
  });

  it('passes on what it and its predecessors spent', async () => {
    const { deps, row } = given(
      tenant,
      deleted(former, {
        predecessor: before,
        spent: new Map([['2026-11', 7]]),
        carried: new Map([['2026-10', 2]]),
      }),
      deleted(before, {
        spent: new Map([
          ['2026-11', 30],
          ['2026-09', 0],
        ]),
      }),
    );
    expect(await forgetPredecessor(deps, tenant)).toBe(true);
    expect(row()?.carried).toEqual(
      new Map([
        ['2026-11', 37],
        ['2026-10', 2],
      ]),
    );
  });
});

describe('a tenant that needs attention', () => {
  const attention = {
    code: 'github-refused',
    text: 'No.',
    since: '2026-11-21T11:00:00Z',
    probeAt: noon,
  } as const;
  const tenant = givenTenant({ attention });
  const held = givenJob({ repositoryOwnerId: 9 });
  const good = givenJob({ jobId: JobId(2) });
  const look = (waiting: readonly ReturnType<typeof givenJob>[], of: Tenant = tenant) => ({
    ...{ tenant: of, waiting, tier: givenTier(), group: undefined },
  });

  it('gets one machine, for a job that may have one, and no other copy does for ten minutes', async () => {
    const { deps, row } = given(tenant);
    const { attention: _gone, ...well } = tenant;
    expect(await probeTenant(deps, look([held, good]))).toEqual({ tenant: well, waiting: [good] });
    expect(row()?.attention?.probeAt).toBe(noon + 600 * second);
    expect(await probeTenant(deps, look([held, good]))).toEqual({ tenant, waiting: [held, good] });
  });

  it.each([
    ['its time has not come', [good], givenTenant({ attention: { ...attention, probeAt: noon + 1 } })],
    ['none of its jobs may have one', [held], tenant],
  ])('gets none if %s', async (_, waiting, of) => {
    const { deps, row } = given(of);
    expect(await probeTenant(deps, look(waiting, of))).toEqual({ tenant: of, waiting });
    expect(row()).toEqual(of);
  });
});

it('GitHub is asked about an installation without a row once a minute, once a job has waited for one', async () => {
  const { deps, queues, clock } = given();
  const ask = (id = acme) => askWhoItIs(deps, id, [givenJob()]);
  clock.advance(60 * second - 1);
  await ask();
  expect(queues.installations).toEqual([]);
  clock.advance(1);
  for (const id of [acme, acme, former]) await ask(id);
  expect(queues.installations.map(({ installationId }) => installationId)).toEqual([acme, former]);
  clock.advance(60 * second - 1);
  await ask();
  clock.advance(1);
  await ask();
  expect(queues.installations).toHaveLength(3);
});
