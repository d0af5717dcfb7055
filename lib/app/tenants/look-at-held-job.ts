/**
 * Opens a job that is held for an approval, if GitHub itself has it queued by now. A webhook cannot prove that: the one
 * from before the hold looks the same, and GitHub or an operator may redeliver it at any time.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { LookAtJob } from '../../contract/messages.ts';
import { reason } from '../../core/reason.ts';
import { isConfigured } from '../common/configured-tier.ts';
import { inRepository } from '../common/in-repository.ts';
import { heldJobAgainSeconds, heldJobAskedSeconds } from '../common/settings.ts';
import type { RerunDeps } from './rerun-job.ts';

type HeldDeps = RerunDeps & { readonly deployment: Deployment };

/** The sweep finds out the rest: it asks about each held job from time to time. */
export async function lookAtHeldJob(deps: HeldDeps, message: LookAtJob): Promise<void> {
  const { installationId, jobId, heardAt } = message;
  const askedAt = deps.clock.now();
  const answer = await inRepository(deps, message, (repository) =>
    deps.github.getJob(installationId, repository, jobId),
  );
  if (!answer.ok) {
    const { refusal } = answer;
    if (refusal.kind !== 'limited' || askedAt >= heardAt + heldJobAskedSeconds * 1000) return;
    return deps.queues.sendToInstallations(message, { delaySeconds: refusal.retryAfterSeconds });
  }
  const { status } = answer.value;
  if (status === 'queued') return open(deps, message, askedAt);
  // GitHub's replicas may lag, so it is asked once more.
  const isFirstLook = askedAt < heardAt + heldJobAgainSeconds * 1000;
  if (status === 'waiting' && isFirstLook)
    await deps.queues.sendToInstallations(message, { delaySeconds: heldJobAgainSeconds });
}

async function open(
  deps: HeldDeps,
  { installationId, jobId }: LookAtJob,
  /** A hold that began later is another one, and stays. */
  askedAt: number,
): Promise<void> {
  const again = { reason: approved, heardAt: askedAt, approvedAt: askedAt };
  const before = await deps.jobs.reopen(installationId, jobId, again);
  const tier = before?.tier;
  if (isConfigured(deps, tier)) await deps.queues.sendToTier(tier, { kind: 'poke', installationId, tier });
}

const approved = reason('queued', 'It was approved; earlier jobs come first.');
