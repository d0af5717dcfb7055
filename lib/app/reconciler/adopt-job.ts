/** Adopts a job that GitHub has queued, whose labels a tier has, and that the platform never learned of. */
import type { JobEvent } from '../../contract/messages.ts';
import { isRefusalOutdated } from '../../core/admission.ts';
import type { GitHubRepository, ListedJob } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import { keptLabels } from '../../core/job-labels.ts';
import { tierFor } from '../../core/labels.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { logRepair } from './log-repair.ts';
import { unheardSeconds } from './reconcile-settings.ts';
import type { Visit } from './tenant-visit.ts';

/** By the same path as the lost webhook. If one was lost, there may be more: the visit notes that it is behind. */
export async function adopt(
  deps: ReconcileDeps,
  visit: Visit,
  found: { repository: GitHubRepository; runId: number; job: ListedJob },
): Promise<void> {
  const { tenant, marks, adopted } = visit;
  const { repository, runId, job } = found;
  const { installationId } = tenant;
  const tier = tierFor(job.labels, deps.deployment.tiers)?.name;
  // No webhook comes for a job that was queued while GitHub had the App suspended, however young the job is.
  const lateFrom = Math.max(deps.clock.now() - unheardSeconds * 1000, marks.returnedAt ?? 0);
  const isLate = job.createdAt <= lateFrom;
  if (!tier || job.status !== 'queued' || !isLate || adopted.has(job.jobId)) return;
  const known = await deps.jobs.get(installationId, job.jobId);
  // Our rows have it blocked: then it was approved since. Refused: it takes others' machines if it gets none.
  if (known && known.state !== 'blocked' && !isRefusalOutdated(tenant, known)) return;
  if (known?.reason?.code === 'waiting-cap' && !(await hasWaitingRoom(deps, visit))) return;
  const event: JobEvent = {
    kind: 'job',
    action: 'queued',
    installationId,
    jobId: job.jobId,
    runId,
    repository: repository.fullName,
    repositoryId: repository.id,
    repositoryOwnerId: repository.ownerId,
    visibility: repository.visibility,
    labels: keptLabels(job.labels, true),
    tier,
    queuedAt: job.createdAt,
    delivery: 'reconciler',
    runnerName: null,
    conclusion: null,
  };
  await deps.queues.sendToTier(tier, event);
  adopted.add(job.jobId);
  marks.backlog ??= {};
  logRepair(deps, {
    kind: 'job-adopted',
    installationId,
    jobId: job.jobId,
    tier,
    repository: repository.fullName,
    reason: known
      ? `It is queued on GitHub, but was ${known.state} in the tables (${known.reason?.code ?? 'no reason'}).`
      : 'It is queued on GitHub, but no webhook announced it.',
  });
}

/** A job adopted while the line is full is only refused again: each run checks once whether there is room. */
async function hasWaitingRoom(deps: ReconcileDeps, { tenant, waitingRooms }: Visit): Promise<boolean> {
  const { installationId } = tenant;
  const room = waitingRooms.get(installationId) ?? (await waitingRoom(deps, installationId));
  waitingRooms.set(installationId, room - 1);
  return room > 0;
}

async function waitingRoom(deps: ReconcileDeps, installationId: InstallationId): Promise<number> {
  const most = deps.deployment.caps.waitingJobsPerTenant;
  const least = Math.max(0, most - roomsPerRun);
  const last = await deps.jobs.listWaitingBeyond(installationId, least, roomsPerRun);
  return most - least - last.length;
}

/** Jobs refused for lack of room are adopted again: the others may be in the next run. */
const roomsPerRun = 100;
