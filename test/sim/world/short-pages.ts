/**
 * Pages of launches that are much shorter than asked for, as in a deployment with many machines: with the seeds of machines
 * that end without a word, the reconciler needs several runs to ask EC2 about all machines.
 */
import type { WorldDeps } from './context.ts';
import { hasSilentEnds } from './silent-ends.ts';

/** Each page begins with the last launch of the one before. */
const launchesPerPage = 4;

export function shortenPages({ ports }: WorldDeps, seed: number): void {
  if (!hasSilentEnds(seed)) return;
  const { launches } = ports.stores;
  const page = launches.pageAcrossTenants.bind(launches);
  launches.pageAcrossTenants = ({ from }, skipped) => page({ from, limit: launchesPerPage }, skipped);
}

/** How many runs of the reconciler go through so many launches. */
export const runsThrough = (launches: number): number => Math.ceil(launches / (launchesPerPage - 1));
