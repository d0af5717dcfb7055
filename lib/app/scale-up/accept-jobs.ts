/**
 * Accepts a batch of messages from a tier's queue. Each queued job gets one row. If nothing keeps it from a machine,
 * the machine is launched at once; otherwise the job is recorded as waiting, and its tenant and tier are balanced
 * once. A message is done when its job has a row, even if EC2 has no machine: the row carries the retries. Only
 * messages that failed are reported.
 */
import { type JobEvent, parseMessage } from '../../contract/messages.ts';
import type { JobId, TierName } from '../../core/ids.ts';
import { type TenantTier, tenantTierKey } from '../../core/tenant-tier.ts';
import { OperationalError } from '../../ports/errors.ts';
import { Batch, type Delivery } from '../common/batch.ts';
import { orFailure } from '../common/or-failure.ts';
import { takesTogetherMilliseconds } from '../common/settings.ts';
import { askBesideOthers } from '../common/side-by-side.ts';
import { balance } from './balance.ts';
import type { BalanceDeps } from './balance-deps.ts';
import { launchAtOnce } from './launch-at-once.ts';
import { acceptedOf, hearAgain, logAccepted, recordWaiting, waitingJob } from './record-jobs.ts';

/** A tenant and tier of the batch, and what the batch has for them. */
interface Work extends TenantTier {
  /** Messages that ask to balance whatever waits. */
  readonly pokes: string[];
  readonly jobs: Map<JobId, QueuedJob>;
  /** Number of machines launched at once. */
  served: number;
}

interface QueuedJob {
  readonly event: JobEvent;
  /** The messages about this job. */
  readonly ids: string[];
}

/**
 * @param asking called when EC2 is called for machines of this tier
 * @returns the ids of the messages to deliver again
 */
export async function acceptJobs(
  deps: BalanceDeps,
  deliveries: readonly Delivery[],
  asking: (tier: TierName) => void = () => undefined,
): Promise<string[]> {
  const batch = new Batch(deps.telemetry);
  const all = workOf(batch, deliveries);
  await Promise.all(all.map((work) => acceptWork(deps, { batch, work, asking })));
  return batch.failed();
}

interface Accepting {
  readonly batch: Batch;
  readonly work: Work;
  readonly asking: (tier: TierName) => void;
}

/**
 * Tenants and tiers do not wait for each other, except for a moment in which their rows can be written in one call.
 */
async function acceptWork(deps: BalanceDeps, accepting: Accepting): Promise<void> {
  const { batch, work, asking } = accepting;
  const { pokes, jobs, installationId, tier } = work;
  const beside = { to: batch, clock: deps.clock, milliseconds: takesTogetherMilliseconds };
  const { answer: launching, together } = await askBesideOthers(beside, () => atOnce(deps, accepting));
  if (jobs.size > 0) {
    await together();
    await recordRest(deps, accepting);
  }
  const own = pokes.length > 0 ? {} : { own: new Set(jobs.keys()) };
  const ofJobs = idsOf([...jobs.values()]);
  const ids = [...pokes, ...ofJobs];
  const look = { installationId, tier, ...own, served: work.served, asking };
  const balanced = async () => {
    const failure = await orFailure(balance(deps, look));
    if (!(failure instanceof OperationalError)) return;
    if (failure.code !== 'UnreadableRow') return batch.fail(ids, failure);
    // Redelivered pokes would pile up until an operator repairs the row; the sweep sends a new one each minute.
    batch.fail(ofJobs, failure);
    batch.giveUp(pokes, failure);
  };
  await Promise.all([launching.answered, ...(ids.length > 0 ? [batch.attempt(ids, balanced)] : [])]);
}

/** Keeps only the recorded jobs in `work`. */
async function recordRest(deps: BalanceDeps, { batch, work: { jobs } }: Accepting): Promise<void> {
  const waiting = [...jobs.values()];
  const events = waiting.map(({ event }) => event);
  const recorded = await batch.attempt(idsOf(waiting), () => recordWaiting(deps, events));
  for (const [n, { event, ids }] of waiting.entries()) {
    const failure = recorded?.[n];
    if (failure !== undefined) batch.fail(ids, failure);
    if (recorded === undefined || failure !== undefined) jobs.delete(event.jobId);
  }
}

function workOf(batch: Batch, deliveries: readonly Delivery[]): Work[] {
  const all = new Map<string, Work>();
  const workFor = ({ installationId, tier }: TenantTier): Work => {
    const key = tenantTierKey({ installationId, tier });
    const work: Work = all.get(key) ?? { installationId, tier, pokes: [], jobs: new Map(), served: 0 };
    all.set(key, work);
    return work;
  };
  for (const { id, body } of deliveries) {
    batch.attemptNow(id, () => {
      const message = parseMessage(body);
      if (message.kind === 'poke') return void workFor(message).pokes.push(id);
      if (message.kind !== 'job' || message.action !== 'queued' || !message.tier) {
        throw new Error(
          `A tier's queue takes queued jobs and pokes, not ${message.kind} messages of another kind.`,
        );
      }
      const { jobs } = workFor({ installationId: message.installationId, tier: message.tier });
      const known = jobs.get(message.jobId);
      if (known) known.ids.push(id);
      else jobs.set(message.jobId, { event: message, ids: [id] });
    });
  }
  return [...all.values()];
}

const idsOf = (jobs: readonly QueuedJob[]) => jobs.flatMap(({ ids }) => ids);

/**
 * Keeps in `work` only the jobs that are not recorded yet. A poke asks to balance all waiting jobs, so nothing is
 * launched at once then.
 */
async function atOnce(
  deps: BalanceDeps,
  { batch, work, asking }: Accepting,
): Promise<{ answered: Promise<void> }> {
  const { installationId, tier, pokes, jobs } = work;
  const nothing = { answered: Promise.resolve() };
  if (jobs.size === 0 || pokes.length > 0) return nothing;
  const all = [...jobs.values()];
  const now = deps.clock.now();
  const fresh = {
    ...{ installationId, tier, asking, startedAt: now },
    jobs: all.map(({ event }) => waitingJob(event, now)),
    accepted: (jobIds: readonly JobId[]) =>
      acceptedOf(
        jobIds.map((jobId) => jobs.get(jobId)!.event),
        now,
      ),
    hearAgain: (jobId: JobId) => hearAgain(deps, jobs.get(jobId)!.event),
  };
  const launched = await batch.attempt(idsOf(all), () => launchAtOnce(deps, fresh));
  if (!launched) {
    jobs.clear();
    return nothing;
  }
  const { outcomes, machines, logged } = launched;
  work.served = machines;
  const [done, inserted] = [[] as QueuedJob[], [] as JobEvent[]];
  for (const [jobId, outcome] of outcomes) {
    const job = jobs.get(jobId)!;
    jobs.delete(jobId);
    if (outcome === 'inserted' && !logged.has(jobId)) inserted.push(job.event);
    if (typeof outcome === 'object') batch.fail(job.ids, outcome);
    else done.push(job);
  }
  logAccepted(deps, inserted, now);
  const answered = batch.attempt(idsOf(done), () => launched.answered).then(() => undefined);
  return { answered };
}
