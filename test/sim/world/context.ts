/** What all parts of the simulated world share. */
import type { Deployment } from '../../../lib/contract/deployment.ts';
import type { Auditor } from '../auditor/auditor.ts';
import type { EventLog } from '../event-log.ts';
import type { Faults } from '../faults.ts';
import type { ControlPlane } from '../program/control-plane.ts';
import type { Ports } from '../program/ports.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import type { AccountGroup } from './groups.ts';

export interface WorldDeps {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly log: EventLog;
  readonly auditor: Auditor;
  readonly ports: Ports;
  readonly deployment: Deployment;
  readonly plane: ControlPlane;
  /** A webhook that is not late takes at most this long. */
  readonly webhookMilliseconds: number;
  /** A job may belong to the same run as the one before; otherwise each has its own run. */
  readonly sharesRuns?: boolean;
  /** How long GitHub keeps the next job queued, in milliseconds, before it cancels it. */
  readonly keepsQueued: () => number;
  /** Neither GitHub nor EC2 reports the end of this machine. Absent: of none. */
  readonly endsSilently?: (instanceId: string) => boolean;
  /** How long a machine takes from the answer to its claim until it confirms. Absent: no noticeable time. */
  readonly confirmPause?: () => number;
}

/** One GitHub account, and its installation of the App as it is now. */
export interface Account {
  readonly id: number;
  login: string;
  readonly type: 'Organization' | 'User';
  repositories: readonly string[];
  /** GitHub's ids. */
  publicRepositories: ReadonlySet<number>;
  readonly group: AccountGroup;
  installationId: number | undefined;
  suspended: boolean;
  reinstalls: number;
  /** The account lets the App re-run jobs. */
  readonly letsRerun: boolean;
}

export interface WorldJob {
  readonly id: number;
  readonly runId: number;
  /** The owner of its repository now. */
  account: Account;
  /** `owner/name`, as it is now. */
  repository: string;
  readonly repositoryId: number;
  /** A deploy may move it to another one. */
  tier: string;
  readonly labels: readonly string[];
  readonly queuedAt: number;
  /**
   * It is in a repository outside the installation: GitHub notifies the App of nothing about it, but runs it on the
   * same runners.
   */
  readonly isUnlisted: boolean;
  readonly durationSeconds: number;
  /** Counted from 1; a job that is run again is a new job of the next attempt. */
  readonly attempt: number;
  status: 'waiting' | 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  /** The machine, if the runner is one of ours. */
  runnerName: string | null;
  /** The name under which its runner is registered, if it differs from the machine's. */
  registeredName?: string | undefined;
}
