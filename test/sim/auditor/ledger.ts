/** The auditor's own records: machines by their tags, launches as stored, and limits over time. */
import type { Deployment } from '../../../lib/contract/deployment.ts';
import type { JobAdmission } from '../../../lib/core/controllers/job-admission.ts';
import type { InstallationId } from '../../../lib/core/ids.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import type { UsageRecord } from '../../../lib/core/usage.ts';
import type { MemoryMachine } from '../../fakes/compute.ts';
import type { MemoryNotes } from '../../fakes/notes.ts';
import type { Rows } from '../../fakes/world.ts';
import type { Account, WorldJob } from '../world/context.ts';
import type { SpotMarket } from '../world/spot-market.ts';
import { createPolicyHistory } from './admission/policy-history.ts';
import { createPolledLedger } from './admission/polled-ledger.ts';

export interface AuditedMachine {
  readonly id: string;
  readonly tenant: number;
  readonly tier: string;
  readonly launch: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  /** All jobs that GitHub began on it. */
  readonly ranJobs: Set<number>;
  live: boolean;
  /** At some time EC2 did not show it. */
  wasForgotten: boolean;
  /** It heard that it runs nothing, and powers off. */
  stoodDown: boolean;
  /** The job that GitHub runs on it now. */
  job: number | undefined;
  /** The one job that it ever gets. */
  ran: number | undefined;
}

export interface AuditedLaunch {
  readonly id: string;
  readonly tenant: number;
  readonly tier: string;
  readonly leases: readonly string[];
  readonly takenAt: number;
}

export type Ledger = ReturnType<typeof createLedger>;
export type Note = (invariant: string, detail: string) => void;

export function createLedger(world: {
  rows: Rows;
  notes: MemoryNotes;
  deployment: Deployment;
  now: () => number;
  isInstalled: (installationId: InstallationId) => boolean;
  market: SpotMarket;
}) {
  const { rows, deployment, now } = world;
  const machines = new Map<string, AuditedMachine>();
  const launches = new Map<string, AuditedLaunch>();
  const machineOfJob = new Map<number, string>();
  const worldJobs = new Map<number, WorldJob>();
  const limits = createLimitHistory(now);
  const limitedUntil = new Map<number, number>();
  const policies = createPolicyHistory(now);
  const describeFailures: number[] = [];
  const setLimits = (id: number) => {
    const row = rows.tenants.get(id as never);
    if (!row) return;
    limits.set(id, row.maxRunners);
    for (const { name } of deployment.tiers) limits.set(`${id}/${name}`, limitInTier(deployment, row, name));
  };

  return {
    rows,
    notes: world.notes,
    deployment,
    now,
    machines,
    launches,
    /** GitHub has a registration for it. */
    isInstalled: world.isInstalled,
    market: world.market,
    setLimits: (tenant: number) => setLimits(tenant),
    /** GitHub's own jobs. */
    worldJobs,
    /** Jobs that were seen done, with who reported it. */
    doneJobs: new Map<string, 'github' | 'platform'>(),
    /** Since when each of them is done. */
    doneSince: new Map<string, number>(),
    /** Jobs with their runners whose start or end the platform learned by webhook. */
    told: new Set<string>(),
    /** How often EC2 was asked for each launch. */
    launchCalls: new Map<string, number>(),
    /** Those whose end it learned. */
    toldEnded: new Set<string>(),
    /** Since when each row is held for an approval, by its own timestamp. */
    heldSince: new Map<string, number>(),
    /** Tenants that GitHub refused something for its own reasons; their machines may be ended early. */
    refused: new Set<number>(),
    githubLimits: limitedUntil,
    /** Until when GitHub refuses this tenant's calls, by its own answer. */
    limitedUntil: (tenant: number) => limitedUntil.get(tenant) ?? 0,
    /** The latest limit of each tenant that GitHub remembers. */
    secondaryLimits: new Map<number, { readonly since: number; readonly until: number }>(),
    /** When a note could not be read or written, or a copy died: what it had learned may be lost. */
    forgotten: [] as number[],
    /** The operator's last change of each tenant's status; true: suspended. */
    bans: new Map<number, boolean>(),
    knownTenants: new Set<number>(),
    /** Machines whose interruption EC2 has announced. */
    takenBack: new Set<string>(),
    /** When EC2 ended them, if nobody else had. */
    reclaimedAt: new Map<string, number>(),
    describeFailures,
    /** A function that recorded a machine's usage at that moment may not have learned how the machine ended. */
    describeFailedNear: (at: number) => describeFailures.some((failed) => Math.abs(failed - at) < 60_000),
    /** How often each job was run again, by its id. */
    reruns: new Map<number, number>(),
    endedByPlatform: new Set<string>(),
    policies,
    polled: createPolledLedger(now, policies),
    /** The policy under which its controllers last rejected each job, by its row. */
    rejectedUnder: new Map<string, string>(),
    /** The latest decision about each job, by its row. */
    decided: new Map<string, JobAdmission>(),
    /** When GitHub's facts about each run were first stored, by the note's name. */
    factsNotedAt: new Map<string, number>(),
    /** Usage records as of the last check. */
    knownRecords: new Set<UsageRecord>(),
    /** Counts of machine lifetimes by range, as of the last check; by tenant, tier and when they were halved. */
    lives: new Map<string, readonly number[]>(),
    /** Jobs, running or over, of a repository at the time of its transfer, and their installation before. */
    transfers: [] as { readonly job: WorldJob; readonly former: number; readonly at: number }[],
    /** Repositories that were transferred from an account, as `account/repository`. */
    leftRepositories: new Set<string>(),
    /** Accounts whose runner group the platform maintains. */
    keptGroups: new Set<Account>(),
    /** Machines that ran a job of a repository outside the installation. */
    ranUnlisted: new Set<string>(),
    /** The machine that each job was last seen on. */
    machineOfJob,
    /** Infinity while faults continue: a sweep that cannot reach its services ends nothing. */
    longestLifeSeconds: Number.POSITIVE_INFINITY,
    /** How long a global index may lack a row, in milliseconds. */
    longestIndexLag: 0,
    /** When the faults stopped. */
    quietSince: undefined as number | undefined,
    live: () => [...machines.values()].filter(({ live }) => live),
    addMachine({ instanceId, tags }: MemoryMachine): AuditedMachine {
      const machine = {
        id: instanceId,
        tenant: Number(tags.get('ghr:tenant_id')),
        tier: tags.get('ghr:tenant_tier') ?? '',
        launch: tags.get('ghr:launch_id') ?? '',
        startedAt: now(),
        endedAt: undefined,
        ranJobs: new Set<number>(),
        live: true,
        wasForgotten: false,
        stoodDown: false,
        job: undefined,
        ran: undefined,
      };
      machines.set(instanceId, machine);
      return machine;
    },
    endMachine(instanceId: string): AuditedMachine | undefined {
      const machine = machines.get(instanceId);
      if (machine) {
        machine.live = false;
        machine.endedAt ??= now();
      }
      return machine;
    },
    startJob(job: WorldJob, instanceId: string): AuditedMachine | undefined {
      const machine = machines.get(instanceId);
      if (machine) Object.assign(machine, { job: job.id, ran: job.id });
      machine?.ranJobs.add(job.id);
      machineOfJob.set(job.id, instanceId);
      return machine;
    },
    endJob(jobId: number): void {
      for (const machine of machines.values()) if (machine.job === jobId) machine.job = undefined;
    },
    installationsOf: (accountId: number) =>
      new Set<number>(
        [...rows.tenants.values()]
          .filter((row) => row.accountId === accountId)
          .map((row) => row.installationId),
      ),
    highestLimitSince: limits.highestSince,
    limitRaisedAt: limits.raisedAt,
    /** The jobs that a launch was planned for. */
    plannedJobs: ({ id }: AuditedLaunch): WorldJob[] =>
      [...(rows.launches.get(id as never)?.plannedJobs ?? [])].flatMap(
        ({ jobId }) => worldJobs.get(jobId) ?? [],
      ),
    /** Records new tenants and launches, and returns those launches. */
    followRows(): AuditedLaunch[] {
      for (const row of rows.tenants.values()) {
        if (!limits.has(row.installationId)) setLimits(row.installationId);
      }
      if (rows.launches.size === launches.size) return [];
      const fresh = [...rows.launches.values()].filter((row) => !launches.has(row.launchId));
      return fresh.map((row) => {
        const launch = {
          id: row.launchId,
          tenant: row.installationId,
          tier: row.tier,
          leases: row.plannedJobs.map(({ lease }) => lease),
          takenAt: now(),
        };
        launches.set(launch.id, launch);
        return launch;
      });
    },
  };
}

/**
 * Computed from the configuration alone: the tier's limit, or the tenant's own for it, or the tenant's total limit if
 * the tier is not above its plan.
 */
export function limitInTier(deployment: Deployment, tenant: Tenant, tier: string): number {
  const own = tenant.tierLimits?.get(tier as never);
  if (own !== undefined) return own;
  const place = (name: string) => deployment.tiers.findIndex((one) => one.name === name);
  const cap = deployment.tiers[place(tier)]?.maxRunners ?? 0;
  return place(tier) <= place(tenant.tier) ? Math.max(cap, tenant.maxRunners) : cap;
}

type LimitKey = number | `${number}/${string}`;

function createLimitHistory(now: () => number) {
  const limits = new Map<LimitKey, { at: number; limit: number }[]>();
  /** By tenant: when any of its limits last grew. */
  const raised = new Map<number, number>();
  return {
    has: (tenant: LimitKey) => limits.has(tenant),
    set(key: LimitKey, limit: number): void {
      const history = limits.get(key) ?? [];
      const before = history.at(-1);
      if (before && limit > before.limit) raised.set(Number.parseInt(`${key}`, 10), now());
      history.push({ at: now(), limit });
      limits.set(key, history);
    },
    /** When the operator raised a limit; nobody is notified, and the sweep finds it. */
    raisedAt: (tenant: number) => raised.get(tenant) ?? 0,
    /** The highest limit at any moment since then. */
    highestSince(tenant: LimitKey, since: number): number {
      const history = limits.get(tenant) ?? [];
      const before = history.filter(({ at }) => at <= since).at(-1);
      const after = history.filter(({ at }) => at > since);
      return Math.max(before?.limit ?? 0, ...after.map(({ limit }) => limit));
    },
  };
}
