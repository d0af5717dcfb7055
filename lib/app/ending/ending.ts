/** The end of a machine, requested or observed: which one, why, and what is known about it. */
import type { JobId } from '../../core/ids.ts';
import type { Runner, RunnerEndReason } from '../../core/runner.ts';
import type { RanJob } from '../../core/usage.ts';
import type { DoneLine } from './done-line.ts';

export interface Ending {
  readonly runner: Runner;
  readonly reason: RunnerEndReason;
  /** EC2 itself said that the machine is ending, so it need not be asked. */
  readonly proven: boolean;
  /** A job that is known to be done: it needs no place in the line. */
  readonly doneJob?: JobId;
  /** Absent: it is logged already. */
  readonly doneLine?: DoneLine;
  /** The same job, as GitHub says that it ran on this machine. */
  readonly ranJob?: RanJob;
}

/** EC2 says so, of a machine in this state. */
export const hasEnded = (state: string): boolean => state === 'shutting-down' || state === 'terminated';
