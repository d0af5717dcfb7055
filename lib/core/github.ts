/** GitHub's answers, as plain data. */
import type { CallResource } from './github-budget.ts';
import type { JobId } from './ids.ts';

/** Where a runner registers: an organization, or one repository of a user. */
export type RunnerScope =
  | { readonly kind: 'organization'; readonly organization: string }
  | { readonly kind: 'repository'; readonly owner: string; readonly repository: string };

/** internal: visible to all of an enterprise; no runner group counts it as public. */
export type RepositoryVisibility = 'public' | 'private' | 'internal';

/** What an installation lets the App do: `actions` → `write`. */
export type Permissions = Readonly<Record<string, string>>;

export interface Installation {
  readonly accountId: number;
  readonly accountLogin: string;
  readonly accountType: 'Organization' | 'User';
  readonly suspended: boolean;
  readonly permissions: Permissions;
}

/** A job as GitHub reports it now. */
export interface GitHubJob {
  readonly status: 'queued' | 'waiting' | 'in_progress' | 'completed';
  readonly conclusion: string | null;
  readonly runnerName: string | null;
}

/** A job as a list of a run's jobs shows it. */
export interface ListedJob extends GitHubJob {
  readonly jobId: JobId;
  readonly labels: readonly string[];
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** A workflow run. A run that is completed has no job left to run, whatever its jobs say. */
export interface GitHubRun {
  readonly runId: number;
  readonly completed: boolean;
  /** success, failure, cancelled, startup_failure, …; null while it is not completed. */
  readonly conclusion: string | null;
  /** Only in answers about a single run. */
  readonly about?: RunAbout;
}

/** What started a run, and from where. A string that GitHub leaves out is empty. */
export interface RunAbout {
  /** From 1. */
  readonly attempt: number;
  /** The branch or tag, without `refs/…`. */
  readonly ref: string;
  /** `push`, `pull_request`, … */
  readonly event: string;
  /** Its commits come from another repository, or from one that is gone. */
  readonly fork: boolean;
  /** The login of the user who first started it. */
  readonly actor: string;
  /** The workflow's file: `.github/workflows/build.yml`. */
  readonly path: string;
}

export interface GitHubRepository {
  /** Does not change when the name or owner does. */
  readonly id: number;
  readonly visibility: RepositoryVisibility;
  /** `owner/name`. */
  readonly fullName: string;
  readonly ownerId: number;
}

/** A runner as GitHub lists it. */
export interface ListedRunner {
  readonly name: string;
  readonly online: boolean;
  readonly busy: boolean;
}

/** One attempt to deliver a webhook. All attempts of the same webhook share its guid. */
export interface WebhookDelivery {
  readonly id: number;
  readonly guid: string;
  /** Epoch milliseconds, in whole seconds. */
  readonly deliveredAt: number;
  /** The platform's status code; 0 if it was not reached, or did not answer in time. */
  readonly statusCode: number;
  /** Somebody asked for it: this platform, or a person. */
  readonly isRedelivery: boolean;
}

/** GitHub's own ranges; a status in neither range is in neither list. */
export const wasDelivered = ({ statusCode }: WebhookDelivery): boolean =>
  statusCode >= 200 && statusCode < 400;
export const wasAnsweredWithFailure = ({ statusCode }: WebhookDelivery): boolean =>
  statusCode >= 400 && statusCode < 600;

/** A refusal by GitHub that an immediate retry would not change. */
export type GitHubRefusal =
  /**
   * 403 or 429 for too many requests: of this resource in an hour, or (absent) of any kind in too short a
   * time.
   */
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number; readonly resource?: CallResource }
  /** 403 for a missing permission, or 401 for an unknown App. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** 404: no such installation, organization, repository or runner. */
  | { readonly kind: 'not-found'; readonly message: string }
  /** 422. */
  | { readonly kind: 'invalid'; readonly message: string };
