/** The caps over all tenants in memory: who holds leases under each, and who waits in its line. */
import type { Launch } from '../../lib/core/launch.ts';
import { placeOf, type SharedCap, type SharedUse } from '../../lib/core/shared-cap.ts';
import type { LaunchStore } from '../../lib/ports/launches.ts';
import type { Rows, StoreWorld } from './world.ts';

const nobody: SharedUse = { held: new Map(), waiters: [] };

const useOf = (rows: Rows, cap: string) => rows.shared.get(cap) ?? nobody;

export function createMemoryLines(
  world: StoreWorld,
): Pick<LaunchStore, 'sharedUseAcrossTenants' | 'joinLine' | 'leaveLine' | 'freeShared'> {
  const change = (rows: Rows, cap: string, how: (use: SharedUse) => SharedUse) => {
    const after = how(useOf(rows, cap));
    rows.shared.set(cap, after);
    return after;
  };
  return {
    sharedUseAcrossTenants: (cap) =>
      world.call('launches.sharedUseAcrossTenants', (rows) => useOf(rows, cap)),
    joinLine: (cap, waiter) =>
      world.call('launches.joinLine', (rows) =>
        change(rows, cap, (use) => ({
          ...use,
          waiters: [...use.waiters.filter((other) => placeOf(other) !== placeOf(waiter)), { ...waiter }],
        })),
      ),
    leaveLine: (cap, place) =>
      world.call('launches.leaveLine', (rows) =>
        change(rows, cap, (use) => ({
          ...use,
          waiters: use.waiters.filter((other) => placeOf(other) !== placeOf(place)),
        })),
      ),
    freeShared: (cap, installationId, leases) =>
      world.call('launches.freeShared', (rows) => {
        change(rows, cap, (use) => {
          const left = [...(use.held.get(installationId) ?? [])].filter((lease) => !leases.includes(lease));
          const held = new Map(use.held).set(installationId, new Set(left));
          if (left.length === 0) held.delete(installationId);
          return { ...use, held };
        });
      }),
  };
}

export function hasSharedRoom(rows: Rows, cap: SharedCap, machines: number): boolean {
  const taken = [...useOf(rows, cap.name).held.values()].reduce((sum, leases) => sum + leases.size, 0);
  return taken + machines <= cap.machines;
}

export function holdShared(rows: Rows, cap: string, launch: Launch): void {
  const use = useOf(rows, cap);
  const held = use.held.get(launch.installationId) ?? new Set();
  const all = new Set([...held, ...launch.plannedJobs.map(({ lease }) => lease)]);
  rows.shared.set(cap, { ...use, held: new Map(use.held).set(launch.installationId, all) });
}
