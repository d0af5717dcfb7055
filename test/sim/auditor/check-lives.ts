/**
 * Of the lives that a tenant counts for a tier, the first taking of 30 days takes half away, and nothing else takes any away:
 * not a copy that read the same row, and no machine that ends meanwhile.
 */
import type { Books, Note } from './books.ts';

/** Called as leases are taken, and as they go back. */
export function checkLives({ rows, lives: seen }: Books, note: Note): void {
  for (const { installationId, lives = new Map(), livesFaded } of rows.tenants.values()) {
    for (const [tier, counts] of lives) {
      const key = `${installationId} ${tier} ${livesFaded?.get(tier)}`;
      const before = seen.get(key) ?? [];
      const less = before.findIndex((count, range) => counts[range] < count);
      if (less >= 0)
        note('lives-lost', `${key}: ${before[less]} machines of range ${less} are ${counts[less]}`);
      seen.set(key, counts);
    }
  }
}
