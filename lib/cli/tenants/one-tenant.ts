/** What `mayfly status --tenant` shows of one tenant, also as JSON. */
import type { MachineView } from './tenant-status-rules.ts';

export interface OneTenant {
  readonly login: string;
  readonly installationId: number;
  readonly status: string;
  readonly level: string;
  readonly isFallback: boolean;
  /** null: GitHub's default group, or none. */
  readonly group: string | null;
  readonly leases: number;
  readonly maxRunners: number;
  readonly machines: readonly MachineView[];
  /** GitHub's own view of the runners, where they register; null: it did not answer. */
  readonly github: readonly { name: string; status: string; labels: readonly string[] }[] | null;
  readonly waiting: Readonly<Record<string, number>>;
  readonly lastJobs: readonly LastJob[];
  readonly problems: readonly string[];
}

export interface LastJob {
  readonly jobId: number;
  readonly repository: string;
  /** running, or how it ended, or why it waits. */
  readonly what: string;
  /** Epoch milliseconds. */
  readonly at: number;
}
