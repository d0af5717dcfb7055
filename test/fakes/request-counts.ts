/** Counts of requests in memory. Windows are never forgotten: no test makes many. */
import type { RequestCounts } from '../../lib/ports/request-counts.ts';

export function createMemoryRequestCounts(): RequestCounts & { readonly calls: () => number } {
  const counts = new Map<string, number>();
  let calls = 0;
  return {
    calls: () => calls,
    async count({ name }, names) {
      calls += 1;
      return names.map((each) => {
        const key = JSON.stringify([name, each]);
        counts.set(key, (counts.get(key) ?? 0) + 1);
        return counts.get(key)!;
      });
    },
  };
}
