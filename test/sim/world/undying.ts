/**
 * Machines that will not end: with some seeds EC2 fails for up to an hour and a half to end some machines, whether
 * they are terminated or power off, and continues to charge for them. Times are short with these seeds, so that such
 * machines outlive their expected life while spend caps are set. This draws from its own random generator.
 */
import type { Deployment } from '../../../lib/contract/deployment.ts';
import type { InstanceId } from '../../../lib/core/ids.ts';
import { OperationalError } from '../../../lib/ports/errors.ts';
import { createRandom } from '../random.ts';
import type { WorldDeps } from './context.ts';
import { eventfulSeconds } from './times.ts';

/** Sixteen seeds only, because such short times would keep the others from what they are for. */
export const hasUndying = (seed: number): boolean => seed < 256 && seed % 16 === 10;

export const shortLimits: Deployment['limits'] = {
  ...{ bootSeconds: 120, idleSeconds: 60, jobSeconds: 240, waitSeconds: 7_200 },
};

export interface Undying {
  /** Whether it will not end when it is told to; drawn by now. */
  clings(instanceId: InstanceId): boolean;
  /** @throws OperationalError if one of them will not end: then EC2 ends none of them */
  assertEnds(instanceIds: readonly InstanceId[]): void;
}

export function createUndying({ scheduler, faults, log }: WorldDeps, seed: number): Undying {
  const random = createRandom(seed * 6_151 + 75);
  const until = new Map<InstanceId, number>();
  const last = scheduler.now() + eventfulSeconds * 2_000;
  const clings = (instanceId: InstanceId) => {
    if (!hasUndying(seed) || faults.mood === 'calm') return false;
    if (!until.has(instanceId)) {
      const seconds = random.chance(0.4) ? random.between(900, 5_400) : 0;
      if (seconds > 0) log.add(() => `machine ${instanceId} will not end for ${seconds} s`);
      until.set(instanceId, Math.min(last, scheduler.now() + seconds * 1000));
    }
    return scheduler.now() < until.get(instanceId)!;
  };
  return {
    clings,
    assertEnds(instanceIds) {
      if (!instanceIds.map(clings).includes(true)) return;
      // Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html (if one fails,
      // none is ended)
      throw new OperationalError('EC2 cannot end it now.', { code: 'InternalError', retryable: true });
    },
  };
}
