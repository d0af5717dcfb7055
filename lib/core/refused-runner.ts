/**
 * What it means that GitHub refused a runner, once GitHub has also said what the installation is now: the same 403 or 404
 * comes for a tenant that is gone, suspended, renamed or lacks a permission, and each has its own outcome.
 */
import type { GitHubRefusal, Installation, RunnerScope } from './github.ts';
import { type Reason, reason } from './reason.ts';
import type { Account, Attention } from './tenant.ts';

export type RefusedRunner =
  /** No machine could run this job. */
  | { readonly kind: 'refuse'; readonly reason: Reason }
  /** No machine could run any job of this tenant: they wait, and one machine tries again after so many seconds. */
  | {
      readonly kind: 'hold';
      readonly code: Attention['code'];
      readonly text: string;
      readonly probeSeconds: number;
    };

export interface RefusedOptions {
  readonly refusal: Exclude<GitHubRefusal, { kind: 'limited' }>;
  readonly account: Account;
  /** `owner/name` of the job. */
  readonly repository: string;
  readonly scope: RunnerScope;
  /** Undefined: GitHub knows no such installation. */
  readonly installation: Installation | undefined;
}

/** An event says when the permission is given; this is for the event that is lost. */
const permissionProbeSeconds = 600;
/** For a refusal that what GitHub says of the installation does not explain, and that may pass by itself. */
const unexplainedProbeSeconds = 120;

export function explainRefusal(options: RefusedOptions): RefusedRunner {
  const { refusal, account, repository, scope, installation } = options;
  if (refusal.kind === 'invalid') return refuse('github-refused', refusedText(options));
  if (!installation) {
    return refuse(
      'tenant-deleted',
      `The App was uninstalled from ${account.login}; install it and run the job again.`,
    );
  }
  if (installation.suspended) {
    return refuse(
      'tenant-suspended',
      `The App is suspended for ${account.login} (by github); have it unsuspended and run the job again.`,
    );
  }
  if (refusal.kind === 'forbidden') return missingPermission(options, installation);
  if (scope.kind === 'organization') return refuse('github-refused', refusedText(options));
  return refuse(
    'repository-removed',
    `${repository} is no longer in the installation of ${account.login}: it was removed, transferred or deleted. Add it, or install the App on its owner, and run the job again.`,
  );
}

function missingPermission({ refusal, account, scope }: RefusedOptions, now: Installation): RefusedRunner {
  const name = scope.kind === 'organization' ? 'organization_self_hosted_runners' : 'administration';
  const given = now.permissions[name];
  const isGiven = given === 'write' || given === 'admin';
  return {
    kind: 'hold',
    code: 'permission-missing',
    probeSeconds: isGiven ? unexplainedProbeSeconds : permissionProbeSeconds,
    text: isGiven
      ? `GitHub refuses runners to ${account.login} (${refusal.message}). Check its settings for self-hosted runners; one machine tries again every two minutes.`
      : `The App needs ${name}: write for ${account.login} and has ${given ?? 'none'}. Accept its permissions in the settings of the installation; the jobs start then.`,
  };
}

const refusedText = ({ refusal, account }: RefusedOptions) =>
  `GitHub refused a runner for ${account.login} (${refusal.kind}: ${refusal.message}).`;

const refuse = (...words: Parameters<typeof reason>): RefusedRunner => ({
  kind: 'refuse',
  reason: reason(...words),
});
