/**
 * Decides which waits somebody must look at: those that no limit explains. Pure; `mayfly status` prints the
 * sentences.
 */
import { type ReasonCode, unexplainedSeconds } from '../core/reason.ts';
import type { Tenant } from '../core/tenant.ts';

export interface Waiting {
  readonly jobs: number;
  /** Epoch milliseconds. */
  readonly oldestAcceptedAt: number;
  /** The stored reason of one of these jobs. */
  readonly text: string;
}

/** Covers every code. `normal`: a limit, an operator's decision, or a step on the way to a machine. */
const kinds: Readonly<Record<ReasonCode, 'normal' | 'problem'>> = {
  queued: 'normal',
  'tenant-unknown': 'problem',
  'tenant-pending': 'normal',
  'tenant-suspended': 'normal',
  'tenant-deleted': 'normal',
  'predecessor-draining': 'normal',
  'tenant-limit': 'normal',
  'tier-limit': 'normal',
  'tier-not-allowed': 'normal',
  'labels-unknown': 'normal',
  'owner-mismatch': 'problem',
  'repository-removed': 'normal',
  'repository-not-allowed': 'normal',
  'admission-pending': 'normal',
  'controller-rejected': 'normal',
  'controller-unavailable': 'problem',
  'public-repository': 'problem',
  'repository-not-in-group': 'problem',
  'group-unknown': 'normal',
  'group-missing': 'problem',
  'groups-unavailable': 'problem',
  'permission-missing': 'problem',
  'github-limited': 'problem',
  'shared-cap': 'normal',
  'launch-rate': 'normal',
  'spend-cap': 'normal',
  'waiting-cap': 'normal',
  'blocked-cap': 'normal',
  capacity: 'problem',
  quota: 'problem',
  throttled: 'problem',
  'launch-failed': 'problem',
  'runner-ended': 'problem',
  'runner-taken': 'normal',
  'runner-taken-by-unknown-job': 'normal',
  'runners-lost': 'problem',
  'gone-from-github': 'normal',
  'run-ended': 'normal',
  'github-refused': 'problem',
  'waited-too-long': 'problem',
};

export function problemsOf(facts: {
  /** Undefined: its row cannot be read. */
  readonly tenant: Pick<Tenant, 'status' | 'attention'> | undefined;
  readonly waiting: ReadonlyMap<ReasonCode, Waiting>;
  readonly now: number;
}): string[] {
  const { tenant, waiting, now } = facts;
  // Nothing starts for other tenants, so there is nothing to mend for them. One that uninstalled the App keeps its row.
  const attention = tenant?.status === 'active' ? tenant.attention : undefined;
  const problems = attention ? [`needs attention since ${attention.since}: ${attention.text}`] : [];
  for (const [code, { jobs, oldestAcceptedAt, text }] of waiting) {
    const minutes = Math.floor((now - oldestAcceptedAt) / 60_000);
    const count = jobs === 1 ? '1 job waits' : `${jobs} jobs wait`;
    // A code that is missing in the table comes from a newer version of the platform.
    if ((kinds[code] ?? 'problem') === 'problem') problems.push(`${count}, ${code}: ${text}`);
    else if (code === 'queued' && minutes * 60 >= unexplainedSeconds) {
      problems.push(`${count} without a reason, the oldest for ${minutes} minutes. Is scale-up running?`);
    } else if (code === 'group-unknown' && minutes * 60 >= unexplainedSeconds) {
      problems.push(
        `${count} for a check of the runner group, the oldest for ${minutes} minutes. Is tenant-manager running?`,
      );
    }
  }
  return problems;
}
