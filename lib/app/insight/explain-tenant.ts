/**
 * Why a tenant's jobs wait, grouped by verdict: each job is judged by the same rules as alone, and common facts are read
 * once. Bounded: a tenant may have thousands of jobs in line.
 */
import type { InstallationId, TierName } from '../../core/ids.ts';
import { type Job, waitsSince } from '../../core/job.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { unreadableErrors } from '../common/unreadable-errors.ts';
import { isCompetitor } from './competitors.ts';
import { explainJob } from './explain-job.ts';
import { explainWaiting } from './explain-waiting.ts';
import type { Estimate, Verdict, VerdictCode } from './explanation.ts';
import type { DrainFacts, Facts } from './facts.ts';
import { gatherFacts, groupOf, type InsightDeps, recentJobs, supplyOf } from './gather-facts.ts';
import { underDrain } from './under-drain.ts';

export interface VerdictGroup extends Omit<Verdict, 'estimate'> {
  readonly code: VerdictCode;
  readonly tier?: TierName;
  readonly count: number;
  /** The first ones, oldest first. */
  readonly jobs: readonly Job['jobId'][];
  /** Epoch milliseconds. */
  readonly oldestAcceptedAt: number;
  /** For the first of these jobs. */
  readonly estimate?: Estimate;
}

export interface TenantExplanation {
  readonly groups: readonly VerdictGroup[];
  /** More jobs wait than were looked at, in some tier. */
  readonly isCut: boolean;
  /** Rows that cannot be read, and why: their jobs are in no group. */
  readonly unreadable: readonly string[];
}

/** Of each tier. */
const mostWaiting = 1000;
const shown = 5;

export interface TenantInsightDeps extends InsightDeps {
  readonly jobs: InsightDeps['jobs'] & { tiersWithWaiting(id: InstallationId): Promise<TierName[]> };
}

export async function explainTenant(
  deps: TenantInsightDeps,
  installationId: InstallationId,
  drain?: DrainFacts,
): Promise<TenantExplanation> {
  const skipped: UnreadableRow[] = [];
  const [tenant, recent, tiers] = await Promise.all([
    deps.tenants.get(installationId),
    deps.jobs.listNewest(installationId, recentJobs, skipped),
    deps.jobs.tiersWithWaiting(installationId),
  ]);
  const group = tenant && (await groupOf(deps, tenant));
  const lines = await Promise.all(
    tiers.map(async (tier) => ({
      waiting: await deps.jobs.listWaiting(installationId, tier, mostWaiting, skipped),
      supply: await supplyOf(deps, tier),
    })),
  );
  const shared = {
    now: deps.clock.now(),
    platform: deps.deployment,
    ...(tenant && { tenant }),
    ...(group && { group }),
  };
  const verdicts = lines.flatMap(({ waiting, supply }) => {
    let ahead = 0;
    return waiting.map((job) => {
      const facts: Facts = { ...shared, asked: job, job, supply, line: { ahead, recent } };
      if (isCompetitor(shared, job)) ahead += 1;
      return { job, verdict: underDrain(explainWaiting(facts, job), { tier: job.tier, drain }) };
    });
  });
  const held = await heldElsewhere(deps, recent, skipped);
  return {
    groups: inGroups([...verdicts, ...held]),
    isCut: lines.some(({ waiting }) => waiting.length === mostWaiting),
    unreadable: unreadableErrors(skipped).map(({ message }) => message),
  };
}

/** The latest jobs that wait for an approval or for their machine: they are in no line. */
async function heldElsewhere(deps: InsightDeps, recent: readonly Job[], skipped: UnreadableRow[]) {
  const held = recent.filter(({ state }) => state === 'blocked' || state === 'covered').slice(0, mostHeld);
  const explained = await Promise.all(
    held.map(async (job) => {
      const facts = await gatherFacts(deps, job);
      skipped.push(...(facts.unreadable ?? []));
      const verdict: Verdict = explainJob(facts);
      return verdict.code === 'row-unreadable' ? [] : [{ job, verdict }];
    }),
  );
  return explained.flat();
}
const mostHeld = 10;

function inGroups(verdicts: readonly { readonly job: Job; readonly verdict: Verdict }[]): VerdictGroup[] {
  const groups = Map.groupBy(verdicts, ({ job, verdict }) => `${verdict.code}/${job.tier ?? ''}`);
  return [...groups.values()]
    .map((group): VerdictGroup => {
      const [first] = group as [(typeof group)[number], ...typeof group];
      const { code, line, next, fix, who, estimate } = first.verdict;
      return {
        code,
        line,
        next,
        who,
        ...(fix === undefined ? {} : { fix }),
        ...(estimate === undefined ? {} : { estimate }),
        ...(first.job.tier === undefined ? {} : { tier: first.job.tier }),
        count: group.length,
        jobs: group.slice(0, shown).map(({ job }) => job.jobId),
        oldestAcceptedAt: Math.min(...group.map(({ job }) => waitsSince(job))),
      };
    })
    .toSorted((a, b) => b.count - a.count);
}
