/** The caps over all tenants in memory: what each of their rows counts, and who waits in their lines. */
import {
  type CapCharge,
  type CapRow,
  capRowCount,
  capRowKeys,
  type Waiter,
} from '../../lib/core/shared-cap.ts';
import { isSameTenantTier } from '../../lib/core/tenant-tier.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { LaunchStore } from '../../lib/ports/launches.ts';
import type { Rows, StoreWorld } from './world.ts';

const rowOf = (rows: Rows, key: string): CapRow => rows.capRows.get(key) ?? { key, leases: 0, changes: 0 };

export function createMemoryLines(
  world: StoreWorld,
): Pick<
  LaunchStore,
  | 'capUseAcrossTenants'
  | 'waitersAcrossTenants'
  | 'noteCapRows'
  | 'joinLine'
  | 'leaveLine'
  | 'correctCapRow'
  | 'repairCapRow'
> {
  const others = (rows: Rows, cap: string, place: Pick<Waiter, 'installationId' | 'tier'>) =>
    (rows.lines.get(cap) ?? []).filter((waiter) => !isSameTenantTier(waiter, place));
  return {
    async capUseAcrossTenants(cap, skipped) {
      const found = await world.call('launches.capUseAcrossTenants', (rows) => ({
        rows: capRowKeys(cap, rows.capRowsEver.get(cap.name)).map((key) => rowOf(rows, key)),
        waiters: rows.lines.get(cap.name) ?? [],
        ...(rows.capRowsEver.has(cap.name) ? { rowsEver: rows.capRowsEver.get(cap.name)! } : {}),
      }));
      for (const { key } of found.rows.filter(isUnreadable)) {
        if (!skipped) throw unreadable(key);
        skipped.push({ key, error: unreadable(key) });
      }
      return { ...found, rows: found.rows.filter((row) => !isUnreadable(row)) };
    },
    waitersAcrossTenants: (cap) =>
      world.call('launches.waitersAcrossTenants', (rows) => rows.lines.get(cap.name) ?? []),
    noteCapRows: (cap) =>
      world.call('launches.noteCapRows', (rows) => {
        const rowsEver = Math.max(capRowCount(cap), rows.capRowsEver.get(cap.name) ?? 0);
        rows.capRowsEver.set(cap.name, rowsEver);
      }),
    joinLine: (cap, ...waiters) =>
      world.call('launches.joinLine', (rows) => {
        for (const waiter of waiters) rows.lines.set(cap, [...others(rows, cap, waiter), { ...waiter }]);
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
    repairCapRow: (row) =>
      world.call('launches.repairCapRow', (rows) => {
        if (!isUnreadable(rowOf(rows, row.key))) return false;
        rows.capRows.set(row.key, { ...row });
        return true;
      }),
  };
}

/** A hand wrote a text: nothing can be added to it, and nothing is less or more. */
const isUnreadable = ({ leases }: CapRow) => Number.isNaN(leases);

const unreadable = (key: string) =>
  new OperationalError(`In the launches row ${key}, leases is "many"; it must be a number (N).`, {
    code: 'UnreadableRow',
    retryable: false,
  });

/** @throws as DynamoDB refuses the whole transaction */
export function assertCountable(rows: Rows, keys: readonly string[]): void {
  if (!keys.some((key) => isUnreadable(rowOf(rows, key)))) return;
  throw new OperationalError('An operand in the update expression has an incorrect data type.', {
    code: 'ValidationError',
    retryable: false,
  });
}

export const hasCapRoom = (rows: Rows, { row, most }: CapCharge, machines: number) =>
  rowOf(rows, row).leases + machines <= most;

/** @param leases below zero: they go back */
export function countInCap(rows: Rows, key: string, leases: number): void {
  const row = rowOf(rows, key);
  rows.capRows.set(key, { key, leases: row.leases + leases, changes: row.changes + 1 });
}
