/**
 * Takes a batch of messages from a tier's queue: each queued job is recorded once, as waiting, and then every tenant and
 * tier in the batch is balanced once. A recorded job is safe: its message is done even if EC2 has no machine, because
 * the row carries the retries. Only failures are reported, each for its own messages.
 */
import { type JobEvent, parseMessage } from '../../contract/messages.ts';
import type { InstallationId, JobId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { reason } from '../../core/reason.ts';
import { Batch, type Delivery } from '../common/batch.ts';
import { jobOfEvent } from '../common/job-of-event.ts';
import { balance } from './balance.ts';
import type { BalanceDeps } from './balance-deps.ts';

interface Place {
  readonly installationId: InstallationId;
  readonly tier: TierName;
}

/**
 * @param asking called as EC2 is asked for machines of this tier
 * @returns the ids of the messages to deliver again
 */
export async function acceptJobs(
  deps: BalanceDeps,
  deliveries: readonly Delivery[],
  asking: (tier: TierName) => void = () => undefined,
): Promise<string[]> {
  const batch = new Batch(deps.telemetry);
  const places = new Map<string, Looking>();
  const queued = new Map<string, { event: JobEvent; place: Place; ids: string[] }>();

  for (const delivery of deliveries) {
    batch.attemptNow(delivery.id, () => {
      const message = parseMessage(delivery.body);
      if (message.kind === 'poke') return note(places, { place: message, ids: [delivery.id] });
      if (message.kind !== 'job' || message.action !== 'queued' || !message.tier) {
        throw new Error(
          `A tier's queue takes queued jobs and pokes, not ${message.kind} messages of another kind.`,
        );
      }
      const key = `${message.installationId}/${message.jobId}`;
      const place = { installationId: message.installationId, tier: message.tier };
      const known = queued.get(key);
      if (known) known.ids.push(delivery.id);
      else queued.set(key, { event: message, place, ids: [delivery.id] });
    });
  }

  const entries = [...queued.values()];
  const ids = entries.flatMap((entry) => entry.ids);
  const recorded = await batch.attempt(ids, () =>
    record(
      deps,
      entries.map(({ event }) => event),
    ),
  );
  for (const [n, failure] of (recorded ?? []).entries()) {
    const { place, ids, event } = entries[n]!;
    if (failure === undefined) note(places, { place, ids, jobId: event.jobId });
    else batch.fail(ids, failure);
  }

  await Promise.all(
    [...places.values()].map(({ place, ids, poked, jobIds }) =>
      batch.attempt(ids, () => balance(deps, { ...place, ...(poked ? {} : { own: jobIds }), asking })),
    ),
  );
  return batch.failed();
}

/** A tenant and tier to look at, and for whom. */
interface Looking {
  readonly place: Place;
  readonly ids: string[];
  readonly jobIds: Set<JobId>;
  /** Somebody asked for a look at whatever waits. */
  poked: boolean;
}

function note(
  places: Map<string, Looking>,
  { place, ids, jobId }: { place: Place; ids: readonly string[]; jobId?: JobId },
): void {
  const { installationId, tier } = place;
  const key = `${installationId}/${tier}`;
  const known = places.get(key) ?? {
    place: { installationId, tier },
    ids: [],
    jobIds: new Set(),
    poked: false,
  };
  known.ids.push(...ids);
  if (jobId === undefined) known.poked = true;
  else known.jobIds.add(jobId);
  places.set(key, known);
}

/**
 * Waiting is written before any lease is tried, so that whoever frees one afterwards finds the job.
 * @returns for each what failed; undefined: it is recorded
 */
async function record(deps: BalanceDeps, events: readonly JobEvent[]): Promise<unknown[]> {
  if (events.length === 0) return [];
  const now = deps.clock.now();
  const outcomes = await deps.jobs.insert(events.map((event) => waitingJob(event, now)));
  const failures = await Promise.all(
    events.map(async (event, n) => {
      const outcome = outcomes[n];
      if (outcome !== 'exists') return outcome === 'inserted' ? undefined : outcome;
      return hearAgain(deps, event, now).then(
        () => undefined,
        (error: unknown) => error,
      );
    }),
  );
  logAccepted(
    deps,
    events.filter((_, n) => outcomes[n] === 'inserted'),
    now,
  );
  return failures;
}

/** GitHub says of a job that is known that it is queued. */
async function hearAgain(deps: BalanceDeps, event: JobEvent, now: number): Promise<void> {
  const { installationId, jobId, repository, repositoryId, receivedAt: heardAt = now } = event;
  const known = await deps.jobs.rename(installationId, jobId, repository);
  if (known?.state === 'done') return reopen(deps, event);
  // What was said before the hold opens nothing, and may well come again.
  if (known?.state !== 'blocked' || heardAt <= (known.unsettledAt ?? 0)) return;
  await deps.queues.sendToInstallations({
    kind: 'look-at-job',
    installationId,
    jobId,
    repository,
    ...(repositoryId === undefined ? {} : { repositoryId }),
    heardAt,
  });
}

/** The platform had ended it by a word of its own. */
async function reopen(deps: BalanceDeps, { installationId, jobId }: JobEvent): Promise<void> {
  const before = await deps.jobs.reopen(installationId, jobId, { reason: justQueued, heardAt: 0 });
  if (!before) return;
  const about = { installationId, jobId, tier: before.tier ?? 'none', reason: before.reason?.code };
  deps.telemetry.event('info', 'job-reopened', about);
}

/** One line for each tenant and tier of the batch. */
function logAccepted(deps: BalanceDeps, events: readonly JobEvent[], at: number): void {
  const places = Map.groupBy(events, ({ installationId, tier }) => `${installationId}/${tier}`);
  for (const [first, ...others] of places.values()) {
    if (!first) continue;
    const { installationId, tier = 'none' } = first;
    const jobs = [first, ...others];
    const jobIds = jobs.map(({ jobId }) => jobId);
    const received = jobs.flatMap(({ receivedAt = at + 1 }) => (receivedAt <= at ? [at - receivedAt] : []));
    deps.telemetry.event(
      'info',
      'jobs-accepted',
      { installationId, tier, jobIds },
      { JobsAccepted: jobIds.length, ReceivedToAcceptedMilliseconds: received },
    );
  }
}

const justQueued = reason('queued', 'Accepted; the jobs before it come first.');

const waitingJob = (event: JobEvent, now: number): Job => ({
  ...jobOfEvent(event, now),
  state: 'waiting',
  reason: justQueued,
});
