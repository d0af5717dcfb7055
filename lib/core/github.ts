/** What the platform knows of GitHub's answers, as plain data. */

/** Where a runner registers: an organization, or one repository of a user. */
export type RunnerScope =
  | { readonly kind: 'organization'; readonly organization: string }
  | { readonly kind: 'repository'; readonly owner: string; readonly repository: string };

export interface Installation {
  readonly accountId: number;
  readonly accountLogin: string;
  readonly accountType: 'Organization' | 'User';
  readonly suspended: boolean;
}

/** A job as GitHub reports it now. */
export interface GitHubJob {
  readonly status: 'queued' | 'waiting' | 'in_progress' | 'completed';
  readonly conclusion: string | null;
  readonly runnerName: string | null;
}

/** An answer of GitHub that is not the one hoped for, and that trying again at once would not change. */
export type GitHubRefusal =
  /** 403 or 429 for too many requests. */
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number }
  /** 403 for want of a permission, or 401 for an unknown App. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** 404: no such installation, organization, repository or runner. */
  | { readonly kind: 'not-found'; readonly message: string }
  /** 422. */
  | { readonly kind: 'invalid'; readonly message: string };
