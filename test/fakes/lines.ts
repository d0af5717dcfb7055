/** The caps over all tenants in memory: what each of their rows counts, and who waits in their lines. */
import {
  type CapCharge,
  type CapRow,
  capRowCount,
  capRowKeys,
  type Waiter,
} from '../../lib/core/shared-cap.ts';
import { tenantTierKey } from '../../lib/core/tenant-tier.ts';
import type { LaunchStore } from '../../lib/ports/launches.ts';
import type { Rows, StoreWorld } from './world.ts';

const rowOf = (rows: Rows, key: string): CapRow => rows.capRows.get(key) ?? { key, leases: 0, changes: 0 };

export function createMemoryLines(
  world: StoreWorld,
): Pick<
  LaunchStore,
  'capUseAcrossTenants' | 'waitersAcrossTenants' | 'noteCapRows' | 'joinLine' | 'leaveLine' | 'correctCapRow'
> {
  const others = (rows: Rows, cap: string, place: Pick<Waiter, 'installationId' | 'tier'>) =>
    (rows.lines.get(cap) ?? []).filter((waiter) => tenantTierKey(waiter) !== tenantTierKey(place));
  return {
    capUseAcrossTenants: (cap) =>
      world.call('launches.capUseAcrossTenants', (rows) => ({
        rows: capRowKeys(cap, rows.capRowsEver.get(cap.name)).map((key) => rowOf(rows, key)),
        waiters: rows.lines.get(cap.name) ?? [],
        ...(rows.capRowsEver.has(cap.name) ? { rowsEver: rows.capRowsEver.get(cap.name)! } : {}),
      })),
    waitersAcrossTenants: (cap) =>
      world.call('launches.waitersAcrossTenants', (rows) => rows.lines.get(cap.name) ?? []),
    noteCapRows: (cap) =>
      world.call('launches.noteCapRows', (rows) => {
        const rowsEver = Math.max(capRowCount(cap), rows.capRowsEver.get(cap.name) ?? 0);
        rows.capRowsEver.set(cap.name, rowsEver);
      }),
    joinLine: (cap, waiter) =>
      world.call('launches.joinLine', (rows) => {
        rows.lines.set(cap, [...others(rows, cap, waiter), { ...waiter }]);
      }),
    leaveLine: (cap, place) =>
      world.call('launches.leaveLine', (rows) => {
        rows.lines.set(cap, others(rows, cap, place));
      }),
    correctCapRow: ({ key, changes }, leases) =>
      world.call('launches.correctCapRow', (rows) => {
        if (rowOf(rows, key).changes !== changes) return false;
        rows.capRows.set(key, { key, leases, changes: changes + 1 });
        return true;
      }),
  };
}

export const hasCapRoom = (rows: Rows, { row, most }: CapCharge, machines: number) =>
  rowOf(rows, row).leases + machines <= most;

/** @param leases below zero: they go back */
export function countInCap(rows: Rows, key: string, leases: number): void {
  const row = rowOf(rows, key);
  rows.capRows.set(key, { key, leases: row.leases + leases, changes: row.changes + 1 });
}
