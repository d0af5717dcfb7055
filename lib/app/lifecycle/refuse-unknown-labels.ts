/**
 * Refuses jobs whose labels no tier has: each is a row with its reason, all of a batch in one call. Such a job gets no
 * machine, and thousands of them must cost other tenants nothing: beyond a bound for each tenant and hour they are
 * counted and logged together, and get no row.
 */
import type { JobEvent } from '../../contract/messages.ts';
import { isNumber } from '../../core/fits.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { reason } from '../../core/reason.ts';
import type { LifecycleDeps } from '../common/deps.ts';
import { jobOfEvent } from '../common/job-of-event.ts';
import { logRefusedJob } from '../common/log-refused-job.ts';
import { unknownLabelsPerHour } from '../common/settings.ts';

/** Whether it is a job that has not begun, and whose labels no tier has. */
export const hasUnknownLabels = (event: JobEvent) =>
  (event.action === 'queued' || event.action === 'waiting') && event.tier === undefined;

/** @returns for each what failed; undefined: it is refused */
export async function refuseUnknownLabels(
  deps: LifecycleDeps,
  events: readonly JobEvent[],
): Promise<unknown[]> {
  if (events.length === 0) return [];
  const left = await placesLeft(deps, events);
  const kept = new Map<JobEvent, Job>();
  const beyond: JobEvent[] = [];
  for (const event of events) {
    const places = left.get(event.installationId) ?? 0;
    left.set(event.installationId, places - 1);
    if (places > 0) kept.set(event, refusedJob(deps, event));
    else beyond.push(event);
  }
  const outcomes = await deps.jobs.insert([...kept.values()]);
  const failures = new Map([...kept.keys()].map((event, n) => [event, outcomes[n]]));
  for (const [event, outcome] of failures) if (outcome === 'inserted') logRefusal(deps, event);
  logBeyond(deps, beyond);
  return events.map((event) => {
    const outcome = failures.get(event);
    return typeof outcome === 'object' ? outcome : undefined;
  });
}

const hour = 60 * 60 * 1000;

/** How many more of each tenant get a row within its hour. Two copies may count at once: then a few more do. */
async function placesLeft(
  deps: LifecycleDeps,
  events: readonly JobEvent[],
): Promise<Map<InstallationId, number>> {
  const now = deps.clock.now();
  const asked = Map.groupBy(events, ({ installationId }) => installationId);
  const nameOf = (installationId: InstallationId) => `unknown-labels/${installationId}`;
  const notes = await deps.notes.read([...asked.keys()].map(nameOf), now);
  const left = await Promise.all(
    [...asked].map(async ([installationId, { length }]) => {
      const name = nameOf(installationId);
      const note = notes.get(name);
      const kept = note?.value['jobs'];
      const jobs = isNumber(kept) ? kept : 0;
      if (jobs < unknownLabelsPerHour) {
        const value = { jobs: jobs + length };
        const expiresAt = note?.expiresAt ?? now + hour;
        await deps.notes.writeIf(name, { value, expiresAt, version: note?.version ?? 0, now });
      }
      return [installationId, unknownLabelsPerHour - jobs] as const;
    }),
  );
  return new Map(left);
}

function refusedJob(deps: LifecycleDeps, event: JobEvent): Job {
  const now = deps.clock.now();
  const tiers = deps.deployment.tiers.map(({ name, labels }) => `${name} [${labels.join(', ')}]`).join('; ');
  const why = reason(
    'labels-unknown',
    `No tier has all of the labels [${event.labels.join(', ')}]. The tiers are: ${tiers}.`,
  );
  return { ...jobOfEvent(event, now), state: 'done', outcome: 'refused', doneAt: now, reason: why };
}

function logRefusal(deps: LifecycleDeps, { installationId, jobId, labels }: JobEvent): void {
  logRefusedJob(deps, { installationId, jobId, reason: 'labels-unknown', labels });
}

/** One line for each tenant of the batch. */
function logBeyond(deps: LifecycleDeps, events: readonly JobEvent[]): void {
  for (const [installationId, jobs] of Map.groupBy(events, (event) => event.installationId)) {
    const jobIds = jobs.map(({ jobId }) => jobId);
    const about = { installationId, jobIds, reason: 'labels-unknown', recordedPerHour: unknownLabelsPerHour };
    deps.telemetry.event('warn', 'jobs-unrecorded', about, { JobsRefused: jobs.length });
  }
}
