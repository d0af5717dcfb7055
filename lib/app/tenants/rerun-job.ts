/**
 * Has GitHub rerun a job at most once: the note is written before GitHub is asked, and removed only if GitHub certainly
 * did nothing. So a crash in between leaves a job that is not rerun, rather than one that runs a third time. GitHub does
 * so only once the whole run is over, hence the later attempts.
 */
import type { RerunJob } from '../../contract/messages.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GitHub } from '../../ports/github.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Notes } from '../../ports/notes.ts';
import type { Queues } from '../../ports/queues.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { inRepository } from '../common/in-repository.ts';
import { rerunDelaySeconds, rerunKeptSeconds } from '../common/settings.ts';

export interface RerunDeps {
  readonly github: GitHub;
  readonly jobs: JobStore;
  readonly notes: Notes;
  readonly queues: Queues;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** @throws OperationalError if it is unknown whether GitHub reruns it: it is not asked a second time */
export async function rerunJob(deps: RerunDeps, message: RerunJob): Promise<void> {
  const { installationId, jobId, until } = message;
  const now = deps.clock.now();
  const name = `rerun/${installationId}/${jobId}`;
  const expiresAt = now + rerunKeptSeconds * 1000;
  if (!(await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now }))) return;
  const answer = await inRepository(deps, message, (repository) =>
    deps.github.rerunJob(installationId, repository, jobId),
  );
  const about = { installationId, jobId, repository: message.repository };
  if (answer.ok) return deps.telemetry.event('info', 'job-rerun', about);
  const { refusal } = answer;
  const delaySeconds = refusal.kind === 'limited' ? refusal.retryAfterSeconds : rerunDelaySeconds;
  const mayPass = refusal.kind === 'limited' || refusal.kind === 'forbidden';
  if (!mayPass || now + delaySeconds * 1000 > until) {
    return deps.telemetry.event('warn', 'rerun-refused', { ...about, reason: refusal.kind });
  }
  await deps.notes.write(name, { value: {}, expiresAt: now });
  await deps.queues.sendToInstallations(message, { delaySeconds });
}
