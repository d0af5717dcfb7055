/**
 * Carries out what a round planned. Each step may be the last thing that this process does, and may have been done
 * before; the next round judges what it finds.
 */
import { cancel, collect, endGhost, forget, retire } from './end-runner.ts';
import { launchRunner } from './launch-runner.ts';
import type { Step } from './plan-round.ts';
import type { Situation } from './situation.ts';

const mostAtOnce = 4;

export async function carryOut(situation: Situation, step: Step): Promise<void> {
  switch (step.kind) {
    case 'collect':
      return collect(situation, step.name);
    case 'forget':
      return forget(situation, step.runner);
    case 'retire':
      return retire(situation, step.runner, step.why);
    case 'end-ghost':
      return endGhost(situation, step.runner);
    case 'cancel':
      return cancel(situation, step.runner.name);
    case 'launch':
      for (let n = 0; n < Math.min(step.count, mostAtOnce); n++) {
        if (!(await launchRunner(situation))) return;
      }
  }
}
