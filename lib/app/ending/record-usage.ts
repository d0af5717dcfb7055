/**
 * Records what ended machines were used for, and what that costs. It runs after their end is proven and before their
 * rows close, which frees their leases. A crash in between leaves the rows open; closing them later writes the same
 * records again, and the first one stays.
 */
import type { InstanceId, JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { jobOf } from '../../core/runner.ts';
import { settlementOf } from '../../core/spend.ts';
import type { Settlement } from '../../core/spend-counts.ts';
import { mayBeFree, type RanJob, ranJobOf, type UsageRecord, usageOf } from '../../core/usage.ts';
import type { DescribedInstance } from '../../ports/compute.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { EndDeps } from '../common/deps.ts';
import { endShownAfterMilliseconds } from '../common/settings.ts';
import { type Ending, hasEnded } from './ending.ts';
import { findLatePrices } from './find-late-prices.ts';

export type JobsById = ReadonlyMap<JobId, Job>;

/**
 * @param jobs as they were read for these endings
 * @returns for each, how the tenant's spending changes when the lease goes back, according to the stored record
 */
export async function recordUsage(
  deps: EndDeps,
  endings: readonly Ending[],
  jobs: JobsById,
): Promise<readonly Settlement[]> {
  const endedAt = deps.clock.now();
  const [takenBack, priced] = await Promise.all([
    findTakenBack(deps, endings, endedAt),
    findLatePrices(deps, endings),
  ]);
  const records = priced.map((ending) => {
    const { runner, reason } = ending;
    const isTakenBack = takenBack.has(runner.instanceId);
    return usageOf({ runner, reason, endedAt, job: jobRanOn(ending, jobs), takenBack: isTakenBack });
  });
  const standing = await deps.usage.record(records);
  sayUnpriced(deps, records);
  return endings.map(({ runner }, n) => settlementOf(runner, standing[n]!));
}

/**
 * A machine that EC2 interrupts in its first hour costs nothing, and only EC2 knows that it did. It is asked only
 * about young spot machines that ended by themselves, or for which EC2 gave notice. If it cannot be asked, they
 * count as charged: no lease waits for a price. An answer from before the end says nothing, so EC2 is asked once more.
 */
async function findTakenBack(
  deps: EndDeps,
  endings: readonly Ending[],
  endedAt: number,
): Promise<ReadonlySet<InstanceId>> {
  const asked = endings
    // Even after a notice upon which we ended it ourselves: EC2 may have been faster.
    .filter(({ runner, reason }) => reason === 'instance-ended' && mayBeFree(runner, endedAt))
    .map(({ runner }) => runner.instanceId);
  const found = await describeEnded(deps, asked);
  const outdated = found.filter(({ state }) => !hasEnded(state)).map(({ instanceId }) => instanceId);
  if (outdated.length > 0) {
    await deps.clock.sleep(endShownAfterMilliseconds);
    found.push(...(await describeEnded(deps, outdated)));
  }
  return new Set(found.filter(({ takenBack }) => takenBack).map(({ instanceId }) => instanceId));
}

/** @returns none if EC2 cannot be asked */
async function describeEnded(
  { compute, telemetry }: EndDeps,
  instanceIds: readonly InstanceId[],
): Promise<DescribedInstance[]> {
  if (instanceIds.length === 0) return [];
  try {
    return await compute.describe(instanceIds);
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    telemetry.event('warn', 'spot-end-unknown', { instanceIds, error: error.message });
    return [];
  }
}

/** Worth an alarm if the operator can fix it with a new price list; without a known subnet no address has a price. */
function sayUnpriced({ telemetry }: EndDeps, records: readonly UsageRecord[]): void {
  const found = records.filter(({ unpriced }) => unpriced.includes('compute') || unpriced.includes('disk'));
  if (found.length === 0) return;
  const kinds = found.map(({ instanceType, spot }) => (spot ? `${instanceType} spot` : instanceType));
  const about = {
    instanceTypes: [...new Set(kinds)],
    instanceIds: found.map(({ instanceId }) => instanceId),
  };
  telemetry.event('warn', 'machine-unpriced', about, { MachinesUnpriced: found.length });
}

/** For machines that had ended before GitHub reported what they ran. */
export async function addJobs(deps: EndDeps, endings: readonly Ending[]): Promise<void> {
  await Promise.all(
    endings.map(async ({ runner, ranJob }) => {
      if (runner.state === 'ended' && ranJob) await deps.usage.addJob(runner, ranJob);
    }),
  );
}

/** For machines that someone else will end, as EC2 announced: what they ran must not be forgotten until then. */
export async function noteRuns(deps: EndDeps, endings: readonly Ending[]): Promise<void> {
  const others = endings.flatMap(({ runner, ranJob }) =>
    ranJob && ranJob.jobId !== jobOf(runner) ? [{ runner, ranJob }] : [],
  );
  if (others.length === 0) return;
  const noted = await deps.runners.recordRan(
    others.map(({ runner: { instanceId }, ranJob: { jobId } }) => ({ instanceId, jobId })),
  );
  const ended = others.filter((_, n) => !noted[n]);
  await Promise.all(ended.map(({ runner, ranJob }) => deps.usage.addJob(runner, ranJob)));
}

/** GitHub reported that it runs or ran on the machine, and that was not known when the machine's use was recorded. */
export async function addLateJob(deps: EndDeps, ending: Ending, jobs: JobsById): Promise<void> {
  const { runner } = ending;
  if (jobRanOn(ending, jobs)) return;
  const job = await deps.jobs.get(runner.installationId, jobOf(runner));
  if (job?.runner === runner.instanceId) await deps.usage.addJob(runner, ranJobOf(job));
}

/** GitHub's report, not a plan: a machine that was meant for a job need not have run it. */
function jobRanOn({ runner, ranJob }: Ending, jobs: JobsById): RanJob | undefined {
  if (ranJob) return ranJob;
  const { ran, plannedJob, instanceId } = runner;
  const job = jobs.get(ran ?? plannedJob);
  if (job?.runner === instanceId) return ranJobOf(job);
  // Its row is gone, or is about another machine by now.
  return ran === undefined ? undefined : { jobId: ran };
}
