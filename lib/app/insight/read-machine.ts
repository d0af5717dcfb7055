/** Reads the rows of a job's machines for an explanation. A row that cannot be read is named, and does not hide the others. */
import { type LeaseId, launchOfLease } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Runner } from '../../core/runner.ts';
import { isUnreadable } from '../../ports/errors.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import type { Machine } from './facts.ts';

interface Deps {
  readonly jobs: Pick<JobStore, 'get'>;
  readonly launches: Pick<LaunchStore, 'get'>;
  readonly runners: Pick<RunnerStore, 'get'>;
}

export interface MachineReader {
  /** The launch that made the lease, its machine, and the job that it ran instead. */
  machineOf(job: Job, lease: LeaseId | undefined): Promise<Machine | undefined>;
  /** The machine that GitHub says ran the job. */
  ranOn(job: Job): Promise<Runner | undefined>;
}

/** @param unreadable collects the rows that cannot be read */
export function machineReader(deps: Deps, unreadable: UnreadableRow[]): MachineReader {
  const readable = async <Row>(key: string | number, read: Promise<Row | undefined>) => {
    try {
      return await read;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      unreadable.push({ key: String(key), error });
      return undefined;
    }
  };
  return {
    async machineOf({ installationId, jobId }, lease) {
      if (!lease) return undefined;
      const launchId = launchOfLease(lease);
      const launch = await readable(launchId, deps.launches.get(installationId, launchId));
      const instanceId = launch?.instances.get(lease);
      const runner = instanceId && (await readable(instanceId, deps.runners.get(installationId, instanceId)));
      const other = runner?.ran !== undefined && runner.ran !== jobId ? runner.ran : undefined;
      const ran = other && (await readable(other, deps.jobs.get(installationId, other)));
      return { ...(launch ? { launch } : {}), ...(runner ? { runner } : {}), ...(ran ? { ran } : {}) };
    },
    ranOn: async ({ installationId, runner }) =>
      runner && readable(runner, deps.runners.get(installationId, runner)),
  };
}
