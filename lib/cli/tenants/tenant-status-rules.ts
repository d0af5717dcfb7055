/**
 * One tenant's machines as its rows, EC2 and GitHub see them, and which differences are problems. Pure. The three
 * disagree for some seconds about a machine that has just come or is about to end, so only lasting differences count.
 */
import type { RunnerDetails } from '../../adapters/github/operator-github.ts';
import { durationText, timeBetween } from '../../core/duration-text.ts';
import type { Job } from '../../core/job.ts';
import { jobOf, type Runner } from '../../core/runner.ts';

export interface Ec2Machine {
  readonly instanceId: string;
  readonly state: string;
  readonly instanceType: string;
  /** Epoch milliseconds. */
  readonly launchedAt: number;
}

export interface MachineView {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly ec2: string;
  /** From its row; null: it has none. */
  readonly state: string | null;
  readonly tier: string | null;
  readonly ageSeconds: number;
  /** The job that it runs, or is intended for. */
  readonly jobId: number | null;
  readonly jobState: string | null;
  /** online, offline, busy; null: GitHub lists no runner of this name, or was not asked. */
  readonly github: string | null;
}

export interface TenantMachines {
  readonly machines: readonly Ec2Machine[];
  readonly runners: readonly Runner[];
  readonly jobs: readonly Job[];
  /** Undefined: GitHub did not answer. */
  readonly registered: readonly RunnerDetails[] | undefined;
  readonly now: number;
}

/** The sweep handles overdue machines within a minute. */
const overdueSeconds = 180;
/** A new machine has its row within seconds, and the reconciler ends machines that get none. */
const rowlessSeconds = 600;
/** A listening runner is online within seconds; a runner whose job ended disappears before its machine does. */
const unlistedSeconds = 180;

export function viewMachines(seen: TenantMachines): MachineView[] {
  return seen.machines.map((machine) => {
    const runner = runnerOf(seen, machine);
    const job = runner && seen.jobs.find(({ jobId }) => jobId === jobOf(runner));
    const listed = seen.registered?.find(({ name }) => name === machine.instanceId);
    return {
      instanceId: machine.instanceId,
      instanceType: machine.instanceType,
      ec2: machine.state,
      state: runner?.state ?? null,
      tier: runner?.tier ?? null,
      ageSeconds: Math.max(0, Math.round((seen.now - machine.launchedAt) / 1000)),
      jobId: runner ? jobOf(runner) : null,
      jobState: job?.state ?? null,
      github: listed ? statusOf(listed) : null,
    };
  });
}

export const statusOf = ({ online, busy }: Pick<RunnerDetails, 'online' | 'busy'>) =>
  busy ? 'busy' : online ? 'online' : 'offline';

export function machineProblems(seen: TenantMachines): string[] {
  return seen.machines.flatMap((machine) => problemOf(seen, machine) ?? []);
}

function problemOf(seen: TenantMachines, machine: Ec2Machine): string | undefined {
  const { now, registered } = seen;
  const { instanceId } = machine;
  const runner = runnerOf(seen, machine);
  const seconds = (since: number) => Math.round((now - since) / 1000);
  if (!runner) {
    return seconds(machine.launchedAt) > rowlessSeconds
      ? `${instanceId} has been running for ${timeBetween(machine.launchedAt, now)} and has no row; the reconciler should have ended it`
      : undefined;
  }
  if (runner.state === 'ended') {
    return seconds(runner.endedAt ?? now) > rowlessSeconds
      ? `${instanceId} has ended by its row (${runner.endReason}), but EC2 still runs it`
      : undefined;
  }
  if (seconds(runner.deadline) > overdueSeconds) {
    return `${instanceId} (${runner.state}) is overdue by ${timeBetween(runner.deadline, now)}; does the sweep run?`;
  }
  const listening = runner.state === 'listening' ? seconds(runner.listeningAt ?? now) : 0;
  const listed = registered?.find(({ name }) => name === instanceId);
  const isOver = seen.jobs.some(({ jobId, state }) => jobId === jobOf(runner) && state === 'done');
  if (registered === undefined || listening <= unlistedSeconds || isOver) return undefined;
  if (!listed)
    return `${instanceId} has been listening for ${durationText(listening)}, and GitHub lists no runner with its name`;
  return listed.online
    ? undefined
    : `${instanceId} has been listening for ${durationText(listening)}, and GitHub says that it is offline`;
}

const runnerOf = ({ runners }: TenantMachines, { instanceId }: Ec2Machine) =>
  runners.find((runner) => runner.instanceId === instanceId);
