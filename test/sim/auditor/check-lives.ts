/**
 * A tenant's counts of machine lifetimes in a tier are halved by the first taking of leases after 30 days, and
 * reduced by nothing else: not by another copy that read the same row, and not by a machine that ends meanwhile.
 */
import type { Ledger, Note } from './ledger.ts';

/** Called as leases are taken and freed. */
export function checkLives({ rows, lives: seen }: Ledger, note: Note): void {
  for (const { installationId, lives = new Map(), livesFaded } of rows.tenants.values()) {
    for (const [tier, counts] of lives) {
      const key = `${installationId} ${tier} ${livesFaded?.get(tier)}`;
      const before = seen.get(key) ?? [];
      const less = before.findIndex((count, range) => counts[range] < count);
      if (less >= 0)
        note('lives-lost', `${key}: ${before[less]} machines in range ${less} are now ${counts[less]}`);
      seen.set(key, counts);
    }
  }
}
