/**
 * Machines that end without a word: with some seeds, GitHub's report that their job has ended is lost, also when it is
 * delivered again, and so are EC2's events. Jobs may take hours with these seeds, so that no time limit ends the story
 * first. This draws from its own random generator.
 * Sources: https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries ("GitHub does not
 * automatically redeliver failed deliveries"), https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-delivery-level.html
 * (a few services' events, EC2's state changes among them, are delivered on a best-effort basis)
 */
import type { Deployment } from '../../../lib/contract/deployment.ts';
import { createRandom } from '../random.ts';
import type { WorldDeps } from './context.ts';

/** Sixteen seeds with a reconciler: nobody else can know of such an end before the job's time is over. */
export const hasSilentEnds = (seed: number): boolean => seed < 256 && seed % 16 === 13;

export const longJobs: Deployment['limits'] = {
  ...{ bootSeconds: 300, idleSeconds: 120, jobSeconds: 9_000, waitSeconds: 7_200 },
};

/** @returns whether a machine's end is reported by nobody; drawn when this is first asked about it */
export function createSilentEnds(
  { faults, log }: Pick<WorldDeps, 'faults' | 'log'>,
  seed: number,
): (instanceId: string) => boolean {
  const random = createRandom(seed * 6_151 + 17);
  const silent = new Map<string, boolean>();
  return (instanceId) => {
    if (!hasSilentEnds(seed) || faults.mood === 'calm') return false;
    if (!silent.has(instanceId)) {
      silent.set(instanceId, random.chance(0.5));
      if (silent.get(instanceId)) log.add(() => `nobody will report the end of ${instanceId}`);
    }
    return silent.get(instanceId)!;
  };
}
