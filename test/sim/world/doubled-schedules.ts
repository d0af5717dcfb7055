/**
 * A reconciler that is started twice for one scheduled time: with some seeds a second run begins at once, or while the first
 * one works, or after it. The sweep's second runs are a fault with all seeds. This draws from its own random generator.
 * Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html ("the same rule can be run more
 * than once for a single event or scheduled time"),
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import type { Faults } from '../faults.ts';
import { createRandom } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';

/** Sixteen seeds with a reconciler: each further run draws from what the other faults draw from. */
const doublesSchedules = (seed: number): boolean => seed >= 256 && seed < 512 && seed % 16 === 13;

/** @returns starts the reconciler, once or twice */
export function createReconcilerSchedule(
  { scheduler, faults }: { readonly scheduler: Scheduler; readonly faults: Faults },
  seed: number,
  reconcile: () => void,
): () => void {
  if (!doublesSchedules(seed) || faults.mood === 'calm') return reconcile;
  const random = createRandom(seed * 6_151 + 19);
  return () => {
    reconcile();
    if (!random.chance(0.7)) return;
    scheduler.after(random.pick([0, random.between(1, 2_000), random.between(1, 120_000)]), reconcile);
  };
}
