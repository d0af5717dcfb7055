/** An account that reinstalled the App: when it may start machines, and what it has spent already. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenTenant, small } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const [first, second] = [InstallationId(202), InstallationId(203)];
const queued = givenEvent({ jobId: JobId(1) });
const gone = { status: 'deleted' } as const;

describe('a reinstalled tenant', () => {
  it('waits while its old installation is not deleted, though it holds no machine', async () => {
    const tenants = [givenTenant({ installationId: first }), givenTenant({ predecessor: first })];
    const platform = await givenPlatform({ tenants });
    await platform.accept(queued);
    expect(await platform.job(1)).toMatchObject({ reason: { code: 'predecessor-draining' } });
    platform.stores.world.editTenant(first, gone);
    await platform.accept({ kind: 'poke', installationId: acme, tier: small });
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('starts if the row of its old installation is gone', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ predecessor: first })] });
    await platform.accept(queued);
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('has spent what all of its installations before had, however soon they followed each other', async () => {
    const month = (micros: number) => ({ spent: new Map([['2026-11', micros]]) });
    const tenants = [
      givenTenant({ ...gone, installationId: first, predecessor: InstallationId(201) }),
      givenTenant({ ...gone, installationId: second, predecessor: first }),
      givenTenant({ predecessor: second }),
    ];
    const platform = await givenPlatform({ tenants });
    platform.stores.world.editTenant(first, month(5_000_000));
    platform.stores.world.editTenant(second, month(2_000_000));
    await platform.accept(queued);
    expect((await platform.stores.tenants.get(acme))?.carried).toEqual(new Map([['2026-11', 7_000_000]]));
  });

  it('looks at fifty of its old installations in each run, and starts once it has seen them all', async () => {
    const count = 2 * 50 + 1;
    const ids = Array.from({ length: count }, (_, n) => InstallationId(1_000 + n));
    const old = ids.map((installationId, n) =>
      givenTenant({ ...gone, installationId, ...(n === 0 ? {} : { predecessor: ids[n - 1]! }) }),
    );
    const platform = await givenPlatform({ tenants: [...old, givenTenant({ predecessor: ids.at(-1)! })] });
    platform.stores.world.editTenant(ids[0]!, { spent: new Map([['2026-11', 3_000_000]]) });
    let reads = 0;
    const { get } = platform.stores.tenants;
    platform.tenants.get = async (installationId) => {
      reads += installationId === acme ? 0 : 1;
      return get(installationId);
    };
    await platform.accept(queued);
    for (const run of [1, 2]) {
      expect([reads, (await platform.job(1))?.reason?.code]).toEqual([run * 50, 'predecessor-draining']);
      await platform.sweep();
      await platform.deliverPokes();
    }
    expect([reads, (await platform.job(1))?.state]).toEqual([count, 'covered']);
    expect((await platform.stores.tenants.get(acme))?.carried).toEqual(new Map([['2026-11', 3_000_000]]));
  });
});
