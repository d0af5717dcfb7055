/** Who waits under a cap over all tenants, what they hold, and how full the cap is. */
import { InstallationId } from '../../lib/core/ids.ts';
import type { CapUse, Waiter } from '../../lib/core/shared-cap.ts';
import { small } from './given.ts';

export const waiter = (n: number, over: Partial<Waiter> = {}): Waiter => ({
  installationId: InstallationId(n),
  tier: small,
  weight: 1,
  since: n,
  ...over,
});
export const holding = (...held: number[]) => new Map(held.map((count, n) => [InstallationId(n + 1), count]));
export const useOf = (held: readonly number[], waiters: readonly Waiter[]): CapUse => ({
  rows: [{ key: 'shared/tier/small/0', leases: held.reduce((sum, count) => sum + count, 0), changes: 1 }],
  waiters,
});
export const cap = (machines: number) => ({ name: 'tier/small', machines });
