/**
 * What one machine was used for, from its start to its end, and what it costs at list prices: one record for each machine, never
 * stored twice under two keys, because its key is derived from what never changes.
 */
import type { InstallationId, InstanceId, JobId, TierName } from './ids.ts';
import type { Job } from './job.ts';
import { type Charge, chargeOf } from './own-rates.ts';
import { freeIfTakenMilliseconds, type MachineCost, type MachineRates, machineCost } from './price.ts';
import type { Runner, RunnerEndReason } from './runner.ts';

/** The job that GitHub says ran on a machine. */
export interface RanJob {
  readonly jobId: JobId;
  readonly runId?: number;
  /** `owner/name`. */
  readonly repository?: string;
  readonly workflow?: string;
  /** Absent: its result was not known when the machine had ended. */
  readonly conclusion?: string;
}

/** Which record is a machine's. */
export interface UsageKey {
  readonly installationId: InstallationId;
  readonly instanceId: InstanceId;
  /** When its launch was planned, epoch milliseconds. */
  readonly launchedAt: number;
}

export interface UsageRecord extends UsageKey, MachineCost {
  readonly account: string;
  readonly tier: TierName;
  readonly instanceType: string;
  readonly spot: boolean;
  /** Absent: not known. */
  readonly zone?: string;
  /** EC2 interrupted it; the platform had not asked for its end. */
  readonly takenBack?: boolean;
  /** When its kernel started, or else when EC2 was asked for it or launched it, epoch milliseconds. */
  readonly startedAt: number;
  /** When the platform learned of its end, epoch milliseconds. */
  readonly endedAt: number;
  readonly endReason: RunnerEndReason;
  /** Absent: GitHub gave it no job, or the job is unknown. */
  readonly job?: RanJob;
  readonly rates: MachineRates;
  /** What the operator charges for it, if there are own rates and it ran a job. */
  readonly charge?: Charge;
}

/** Nothing is known of the price of a machine that an earlier version started. */
const noRates: MachineRates = { list: 'none' };

export interface MachineEnd {
  readonly runner: Runner;
  readonly reason: RunnerEndReason;
  readonly endedAt: number;
  readonly job: RanJob | undefined;
  /**
   * EC2 reports that it interrupted the machine, and neither the platform nor the machine itself ended it.
   */
  readonly takenBack?: boolean;
}

export function usageOf({ runner, reason, endedAt, job, takenBack = false }: MachineEnd): UsageRecord {
  const { installationId, instanceId, launchedAt, account, tier, instanceType, spot, zone } = runner;
  const rates = runner.rates ?? noRates;
  const startedAt = billedFrom(runner);
  const life = { spot, startedAt, endedAt, takenBack };
  return {
    ...{ installationId, instanceId, launchedAt, account: account.login, tier, instanceType, spot },
    ...(zone === undefined ? {} : { zone }),
    ...(takenBack ? { takenBack } : {}),
    ...{ startedAt, endedAt },
    endReason: reason,
    ...(job === undefined ? {} : { job }),
    rates,
    ...(rates.own === undefined ? {} : { charge: chargeOf(rates.own, endedAt - startedAt) }),
    ...machineCost(rates, life),
  };
}

/** Whether it costs nothing if EC2 took it back. */
export const mayBeFree = (runner: Runner, endedAt: number): boolean =>
  runner.spot && endedAt - billedFrom(runner) < freeIfTakenMilliseconds;

/**
 * From its kernel's start, but never before EC2 was asked for it or after its runner began to listen;
 * otherwise from the request.
 */
function billedFrom({ launchedAt, startedAt = launchedAt, runningAt, listeningAt }: Runner): number {
  if (runningAt === undefined) return startedAt;
  return Math.max(startedAt, Math.min(runningAt, listeningAt ?? runningAt));
}

export const ranJobOf = ({ jobId, runId, repository, workflow, conclusion }: Job): RanJob => ({
  jobId,
  runId,
  repository,
  ...(workflow === undefined ? {} : { workflow }),
  ...(conclusion === undefined ? {} : { conclusion }),
});
