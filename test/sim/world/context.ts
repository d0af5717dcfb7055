/** What every part of the simulated world works with. */
import type { Deployment } from '../../../lib/contract/deployment.ts';
import type { Auditor } from '../auditor/auditor.ts';
import type { Faults } from '../faults.ts';
import type { ControlPlane } from '../program/control-plane.ts';
import type { Ports } from '../program/ports.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Story } from '../story.ts';
import type { AccountGroup } from './groups.ts';

export interface WorldDeps {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly story: Story;
  readonly auditor: Auditor;
  readonly ports: Ports;
  readonly deployment: Deployment;
  readonly plane: ControlPlane;
  /** A webhook that is not late takes at most so long. */
  readonly webhookMilliseconds: number;
  /** A job may be of the run of the one before. Else each is the only one of its run. */
  readonly sharesRuns?: boolean;
  /** How long a machine takes from the answer to its claim until it confirms. Absent: no time worth mentioning. */
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
  /** The account lets the App run jobs again. */
  readonly letsRerun: boolean;
}

export interface WorldJob {
  readonly id: number;
  readonly runId: number;
  /** Whose repository it is of, as of now. */
  account: Account;
  /** `owner/name`, as it is now. */
  repository: string;
  readonly repositoryId: number;
  readonly tier: string;
  readonly labels: readonly string[];
  readonly queuedAt: number;
  /** Of a repository outside the installation: GitHub tells the App nothing of it, and runs it on the same runners. */
  readonly isUnlisted: boolean;
  readonly durationSeconds: number;
  /** Counted from 1; a job that is run again is a new job of the next attempt. */
  readonly attempt: number;
  status: 'waiting' | 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  /** Of one of ours, its machine. */
  runnerName: string | null;
  /** As its runner is registered, where that is another name than the machine's. */
  registeredName?: string | undefined;
}
