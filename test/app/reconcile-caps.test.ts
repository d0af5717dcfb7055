/** The rows that count a cap over all tenants: what an edit or a fault changed there is corrected, and nothing else. */
import { describe, expect, it } from '@jest/globals';
import { capsNote, readOpenRows, reconcileCaps } from '../../lib/app/reconciler/reconcile-leases.ts';
import { JobId } from '../../lib/core/ids.ts';
import { givenEvent, givenTenant, givenTier } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const minutes = (count: number) => count * 60_000;
const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });

/** Two machines under a cap of three. */
async function given() {
  const platform = await givenPlatform({
    tenants: [givenTenant({ maxRunners: 9 })],
    deployment: { tiers: [givenTier({ maxRunners: 9, capOverAllTenants: 3 })] },
  });
  await platform.accept(queued(1), queued(2));
  for (const machine of platform.liveMachines()) {
    await platform.claim(machine);
    await platform.confirm(machine);
  }
  const { capRows } = platform.stores.world.rows;
  const key = [...capRows.keys()][0]!;
  return {
    platform,
    count: (leases: number) => capRows.set(key, { ...capRows.get(key)!, leases }),
    counted: () => capRows.get(key)?.leases,
    corrections: () => platform.telemetry.total('Repairs', { kind: 'lease-count-corrected' }),
    reconcileFor: async (count: number) => {
      for (let n = 0; n <= count; n += 5) {
        await platform.reconcile();
        platform.clock.advance(minutes(5));
      }
    },
  };
}

describe('the count of a cap over all tenants', () => {
  it('is not changed if it is correct', async () => {
    const { platform, counted, corrections, reconcileFor } = await given();
    await reconcileFor(70);
    expect(counted()).toBe(2);
    expect(corrections()).toBe(0);
    expect(platform.notes.all.get(capsNote)?.value).toEqual({});
  });

  it('is raised by the second run that finds it too low', async () => {
    const { platform, count, counted, corrections } = await given();
    count(1);
    await platform.reconcile();
    expect(counted()).toBe(1);
    platform.clock.advance(minutes(5));
    await platform.reconcile();
    expect(counted()).toBe(2);
    expect(corrections()).toBe(1);
  });

  it('is lowered only once no machine whose row was lost can be alive', async () => {
    const { count, counted, corrections, reconcileFor } = await given();
    count(3);
    await reconcileFor(60);
    expect(counted()).toBe(3);
    await reconcileFor(10);
    expect(counted()).toBe(2);
    expect(corrections()).toBe(1);
  });

  it.each([null, 'noon'])(
    'is corrected no sooner and no later if a hand set the time in the note to %j',
    async (at) => {
      const { platform, count, counted, reconcileFor } = await given();
      count(3);
      await platform.reconcile();
      const noted = platform.notes.all.get(capsNote)!;
      const entries = Object.entries(noted.value).map(([row, seen]) => [row, { ...(seen as object), at }]);
      await platform.notes.write(capsNote, { ...noted, value: Object.fromEntries(entries) });
      await reconcileFor(60);
      expect(counted()).toBe(3);
      await reconcileFor(10);
      expect(counted()).toBe(2);
    },
  );

  it('is lowered to zero if no row under it holds a lease', async () => {
    const { platform, count, counted, reconcileFor } = await given();
    for (const machine of platform.liveMachines()) await platform.machineEnds(machine);
    for (const jobId of [1, 2])
      await platform.follow({ ...queued(jobId), action: 'completed', conclusion: 'success' });
    count(1);
    await reconcileFor(70);
    expect(counted()).toBe(0);
  });

  it('stays while leases are taken between the runs', async () => {
    const { platform, count, counted, corrections } = await given();
    count(0);
    await platform.reconcile();
    platform.clock.advance(minutes(5));
    await platform.accept(queued(3));
    await platform.reconcile();
    expect(counted()).toBe(1);
    expect(corrections()).toBe(0);
  });

  it('stays while a launch under it is open', async () => {
    const { platform, count, corrections, reconcileFor } = await given();
    await platform.acceptUnheard(queued(3));
    count(1);
    await reconcileFor(70);
    expect(corrections()).toBe(0);
    expect(platform.notes.all.get(capsNote)?.value).toEqual({});
  });

  it('is raised by the second run that finds it too low, though one in between could not count all rows', async () => {
    const { platform, count, counted } = await given();
    count(1);
    await platform.reconcile();
    const open = await readOpenRows(platform);
    expect(await reconcileCaps(platform, { ...open, census: undefined })).toEqual([]);
    platform.clock.advance(minutes(5));
    await platform.reconcile();
    expect(counted()).toBe(2);
  });

  it('is not corrected if somebody else changes it at the same moment', async () => {
    const { platform, count, corrections } = await given();
    count(1);
    await platform.reconcile();
    platform.clock.advance(minutes(5));
    platform.launches.correctCapRow = async () => false;
    await platform.reconcile();
    expect(corrections()).toBe(0);
  });
});
