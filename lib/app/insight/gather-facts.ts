/**
 * Reads what an explanation needs, in at most seventeen calls to the tables: rows by their keys, one look at the line and
 * one at the latest jobs. It only reads, and asks GitHub nothing.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { InstallationId, JobId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { levelNow } from '../../core/runner-level.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { Notes } from '../../ports/notes.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { knownGroup, readGroupNote } from '../common/runner-groups.ts';
import { capsOf } from '../common/shared-caps.ts';
import { readScarcity } from '../launch/read-scarcity.ts';
import { isCompetitor } from './competitors.ts';
import type { Facts, Line, Supply } from './facts.ts';
import { machineReader } from './read-machine.ts';

export interface InsightDeps {
  readonly deployment: Deployment;
  readonly tenants: Pick<TenantStore, 'get'>;
  readonly jobs: Pick<JobStore, 'get' | 'listNewest' | 'listWaiting'>;
  readonly launches: Pick<LaunchStore, 'get' | 'capUseAcrossTenants'>;
  readonly runners: Pick<RunnerStore, 'get'>;
  readonly notes: Notes;
  readonly clock: Clock;
}

/** Enough for medians, and some 70 KB. */
export const recentJobs = 100;
/** A job beyond these is reported to have "at least" as many before it as may have a machine. */
const lineRead = 101;

export interface Asked {
  readonly jobId: JobId;
  /** Undefined: no tenant is known. */
  readonly installationId?: InstallationId;
  /** `owner/name`. */
  readonly repository?: string;
  readonly searchEndedAfter?: number;
}

export async function gatherFacts(deps: InsightDeps, asked: Asked): Promise<Facts> {
  const { deployment, clock } = deps;
  const { installationId, ...rest } = asked;
  const base = { now: clock.now(), platform: deployment, asked: rest };
  if (installationId === undefined) return base;
  const [tenant, job] = await Promise.all([
    deps.tenants.get(installationId),
    deps.jobs.get(installationId, asked.jobId),
  ]);
  if (!job) return { ...base, ...(tenant ? { tenant } : {}) };
  return { ...base, job, ...(tenant ? { tenant } : {}), ...(await gatherAbout(deps, job, tenant)) };
}

async function gatherAbout(deps: InsightDeps, job: Job, tenant: Tenant | undefined): Promise<Partial<Facts>> {
  const waits = job.state === 'waiting';
  const unreadable: UnreadableRow[] = [];
  const machines = machineReader(deps, unreadable);
  const [group, line, supply, plan, former, ranOn] = await Promise.all([
    tenant && waits ? groupOf(deps, tenant) : undefined,
    job.state === 'done' ? undefined : lineOf(deps, job),
    waits ? supplyOf(deps, job.tier) : undefined,
    machines.machineOf(job, job.state === 'covered' ? job.lease : undefined),
    machines.machineOf(job, job.formerLease),
    machines.ranOn(job),
  ]);
  const competes = (other: Job) =>
    isCompetitor(
      {
        platform: deps.deployment,
        now: deps.clock.now(),
        ...(tenant && { tenant }),
        ...(group && { group }),
      },
      other,
    );
  return {
    ...(group ? { group } : {}),
    ...(line ? { line: placeIn(line, competes) } : {}),
    ...(supply ? { supply } : {}),
    ...(plan ? { plan } : {}),
    ...(former ? { former } : {}),
    ...(ranOn ? { ranOn } : {}),
    ...(unreadable.length > 0 ? { unreadable } : {}),
  };
}

export async function groupOf(deps: InsightDeps, tenant: Tenant): Promise<Facts['group']> {
  if (levelNow(tenant).level !== 'organization') return undefined;
  return knownGroup(deps, tenant, await readGroupNote(deps, tenant.installationId));
}

interface LineRead {
  readonly before: readonly Job[];
  readonly recent: Line['recent'];
}

const placeIn = ({ before, recent }: LineRead, competes: (other: Job) => boolean): Line => ({
  ahead: before.filter(competes).length,
  recent,
  ...(before.length === lineRead ? { isCut: true } : {}),
});

async function lineOf(deps: InsightDeps, { installationId, jobId, tier, state }: Job): Promise<LineRead> {
  const [waiting, recent] = await Promise.all([
    tier && state === 'waiting' ? deps.jobs.listWaiting(installationId, tier, lineRead) : [],
    deps.jobs.listNewest(installationId, recentJobs),
  ]);
  const n = waiting.findIndex((job) => job.jobId === jobId);
  return { before: n < 0 ? waiting : waiting.slice(0, n), recent };
}

export async function supplyOf(deps: InsightDeps, tier: TierName | undefined): Promise<Supply> {
  const caps = tier ? capsOf(deps, tier) : [];
  const [{ closings, pace }, ...uses] = await Promise.all([
    readScarcity(deps),
    ...caps.map((cap) => deps.launches.capUseAcrossTenants(cap)),
  ]);
  return {
    closings,
    ...(pace ? { pace } : {}),
    caps: caps.flatMap((cap, n) => (uses[n] ? [{ cap, use: uses[n] }] : [])),
  };
}
