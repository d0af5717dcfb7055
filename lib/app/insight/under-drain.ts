/**
 * What a drained environment changes about a verdict: a job that nothing else keeps from starting waits for the end of the
 * drain. A verdict with a reason of its own stays: it will hold after the drain too.
 */
import type { TierName } from '../../core/ids.ts';
import type { Verdict, VerdictCode } from './explanation.ts';
import type { DrainFacts } from './facts.ts';

const startsByItself: readonly VerdictCode[] = ['queued', 'not-acted-on', 'webhook-delivered'];

const resume = 'npx mayfly drain --resume';

/** Whether it matters if the environment is drained. */
export const dependsOnDrain = ({ code }: Verdict) => startsByItself.includes(code) || code === 'not-asked';

/** @param tier the job's, if it is known */
export function underDrain<Of extends Verdict>(
  verdict: Of,
  { tier, drain }: { readonly tier: TierName | undefined; readonly drain: DrainFacts | undefined },
): Of | Verdict {
  if (!drain || !dependsOnDrain(verdict) || (tier !== undefined && !drain.tiers.includes(tier)))
    return verdict;
  if (verdict.code === 'not-asked')
    return {
      ...verdict,
      next: `${drain.text} If its webhook came since then, it is in a queue until: ${resume}`,
    };
  return {
    code: 'drained',
    line: drain.text,
    next: 'It is checked within seconds after the end of the drain.',
    fix: resume,
    who: 'operator',
  };
}
