/**
 * Reads that lag behind the writes before them: with some seeds a global index lacks what was written in the last seconds,
 * and GitHub and EC2 answer about jobs, installations and machines as they were some seconds ago. All of it ends with the
 * eventful part of the run.
 * This draws from its own random generator.
 */
import { createRandom } from '../random.ts';
import type { WorldDeps } from './context.ts';
import { lagGitHub } from './late-answers.ts';
import { lagIndexes } from './late-indexes.ts';
import { lagStates } from './late-states.ts';
import { eventfulSeconds } from './times.ts';

/** Some with a reconciler, and some without: its repairs must not hide what others broke. */
const hasLateReads = (seed: number): boolean => seed < 512 && (seed % 16 === 4 || seed % 16 === 13);

const longestIndexLags = [1_000, 5_000, 60_000] as const;
const longestGitHubLag = 15_000;
const longestStateLag = 20_000;

export function lagReads(deps: WorldDeps, seed: number): void {
  const { ports, scheduler, faults, log, auditor } = deps;
  if (!hasLateReads(seed) || faults.mood === 'calm') return;
  const random = createRandom(seed * 4_759 + 11);
  const { now } = scheduler;
  const quietAt = now() + eventfulSeconds * 1000;
  const upTo = (most: number) => () => (now() < quietAt && random.chance(0.7) ? random.between(0, most) : 0);
  const longest = random.pick(longestIndexLags);
  auditor.ledger.longestIndexLag = longest;
  log.add(() => `global indexes lag by up to ${longest / 1000} s`);
  lagIndexes(ports.stores, { now, lag: upTo(longest) });
  lagGitHub(ports.github, { now, lag: upTo(longestGitHubLag) });
  lagStates(deps, { now, lag: upTo(longestStateLag) });
}
