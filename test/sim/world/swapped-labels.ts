/**
 * A deploy that gives the labels of each tier to the other one: with some seeds it comes while jobs wait, machines boot and
 * others run. This draws from its own random generator.
 */
import { createRandom } from '../random.ts';
import type { WorldDeps } from './context.ts';
import { eventfulSeconds } from './times.ts';

const hasSwappedLabels = (seed: number): boolean => seed % 16 === 9;

export function swapLabels({ scheduler, faults, log, deployment }: WorldDeps, seed: number): void {
  if (!hasSwappedLabels(seed) || faults.mood === 'calm') return;
  const random = createRandom(seed * 6_151 + 5);
  const [one, other] = deployment.tiers;
  if (!one || !other) throw new Error('The simulation has two tiers.');
  scheduler.after(random.between(60, eventfulSeconds - 60) * 1000, () => {
    log.add(() => `a deploy swaps the labels of ${one.name} and ${other.name}`);
    const labels = one.labels;
    Object.assign(one, { labels: other.labels });
    Object.assign(other, { labels });
  });
}
