/**
 * A waiting job whose labels belong to another tier since a deploy is moved there (docs/adr/0108). In its own tier it would
 * wait until it expires, because no machine of that tier has its labels.
 */
import type { Deployment } from '../../../lib/contract/deployment.ts';
import type { Ledger, Note } from './ledger.ts';

/**
 * Twenty sweeps, one a minute. In the wildest worlds each one fails in about half of all cases: it does not come, dies, or cannot
 * write. In a quiet one two of those that come every ten minutes.
 */
const longestSeconds = 1_200;

/** To be called each minute. */
export function createMisplacedCheck(ledger: Ledger, note: Note): () => void {
  const since = new Map<string, number>();
  return () => {
    for (const [key, { state, tier, labels }] of ledger.rows.jobs) {
      const to = state === 'waiting' ? ownTier(ledger.deployment, labels) : undefined;
      if (to === undefined || to === tier) {
        since.delete(key);
        continue;
      }
      if (!since.has(key)) since.set(key, ledger.now());
      const seconds = (ledger.now() - since.get(key)!) / 1000;
      if (seconds > longestSeconds)
        note('waits-in-wrong-tier', `job ${key} has waited in ${tier} for ${seconds} s, not in ${to}`);
    }
  };
}

/** Counted here from the configuration alone: the first tier that has all of the labels. */
const ownTier = ({ tiers }: Deployment, wanted: readonly string[]): string | undefined =>
  tiers.find(({ labels }) => wanted.every((label) => labels.includes(label)))?.name;
