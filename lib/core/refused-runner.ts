/**
 * Why GitHub refused a runner, judged with the installation's current state: GitHub answers the same 403 or 404 for a tenant
 * that is gone, suspended, renamed or lacks a permission, and each has its own outcome.
 */
import { permissionText } from './admission.ts';
import type { GitHubRefusal, Installation, RunnerScope } from './github.ts';
import { type Reason, reason } from './reason.ts';
import { permissionFor } from './runner-level.ts';
import type { Account, Attention } from './tenant.ts';

export type RefusedRunner =
  /** The account itself has suspended the App: none of its jobs runs. */
  | { readonly kind: 'refuse'; readonly reason: Reason }
  /** It may pass by itself: the machine asks again, and if it persists this job rests. */
  | { readonly kind: 'pause'; readonly reason: Reason }
  /**
   * No machine could run any job of this tenant: they wait, and one machine tries again after this many seconds.
   * `mayPass`: the machine that is there asks again first.
   */
  | {
      readonly kind: 'hold';
      readonly mayPass: boolean;
      readonly code: Attention['code'];
      readonly text: string;
      readonly probeSeconds: number;
    };

type Unexplained = Extract<RefusedRunner, { kind: 'hold' | 'pause' }>;

export interface RefusedOptions {
  readonly refusal: Exclude<GitHubRefusal, { kind: 'limited' }>;
  readonly account: Account;
  readonly scope: RunnerScope;
  /** Undefined: GitHub knows no such installation. */
  readonly installation: Installation | undefined;
}

/** Granting a permission sends a webhook. This retry is for a lost one. */
const permissionProbeSeconds = 600;
/** For a refusal that the installation's state does not explain, and that may pass by itself. */
const unexplainedProbeSeconds = 120;

/**
 * Only a suspension ends a job for good here: one answer of GitHub, or two at the same time, do not prove
 * that the job is over.
 */
export function explainRefusal(options: RefusedOptions): RefusedRunner {
  const { refusal, account, scope, installation } = options;
  if (!installation) return holdAll(`GitHub shows no installation of the App for ${account.login}.`);
  if (installation.suspended) {
    const text = `The App is suspended for ${account.login} (by github); have it unsuspended and re-run the job.`;
    return { kind: 'refuse', reason: reason('tenant-suspended', text) };
  }
  if (refusal.kind === 'forbidden') return missingPermission(options, installation);
  return refusedNow(options, scope);
}

/** A refusal that the installation's state does not explain. For an organization, it applies to all of its jobs. */
export function refusedNow(
  options: Pick<RefusedOptions, 'refusal' | 'account'>,
  scope: RunnerScope,
): Unexplained {
  const text = refusedText(options);
  if (scope.kind === 'organization') return holdAll(text);
  return { kind: 'pause', reason: reason('github-refused', `${text} The job is retried later.`) };
}

const holdAll = (text: string): Unexplained => ({
  kind: 'hold',
  code: 'github-refused',
  mayPass: true,
  probeSeconds: unexplainedProbeSeconds,
  text: `${text} One machine retries every two minutes; the jobs wait.`,
});

function missingPermission({ refusal, account, scope }: RefusedOptions, now: Installation): RefusedRunner {
  const name = permissionFor[scope.kind];
  const given = now.permissions[name];
  const isGiven = given === 'write' || given === 'admin';
  return {
    kind: 'hold',
    code: 'permission-missing',
    mayPass: isGiven,
    probeSeconds: isGiven ? unexplainedProbeSeconds : permissionProbeSeconds,
    text: isGiven
      ? `GitHub refuses runners to ${account.login} (${refusal.message}). Check its settings for self-hosted runners; one machine retries every two minutes.`
      : permissionText({ login: account.login, name, given: given ?? 'none' }),
  };
}

const refusedText = ({ refusal, account }: Pick<RefusedOptions, 'refusal' | 'account'>) =>
  `GitHub refused a runner for ${account.login} (${refusal.kind}: ${refusal.message}).`;
