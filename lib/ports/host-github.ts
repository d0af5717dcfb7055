/**
 * What a single host asks of GitHub, with its owner's token or an App's key. Runners register with one organization or one
 * repository. Refusals are returned; everything else (no connection, 5xx) throws a retryable OperationalError.
 */
import type { GitHubRepository, RunnerScope } from '../core/github.ts';
import type { RunnerGroup } from '../core/runner-group.ts';
import type { Answer, JitRequest } from './github.ts';

export interface HostGitHub {
  /** Registers a just-in-time runner. A name that is taken by an idle registration is cleared and tried again, once. */
  register(request: Omit<JitRequest, 'installationId'>): Promise<Answer<{ readonly jitConfig: string }>>;
  /** Removes a registration by the runner's name. busy: GitHub is running a job on it, and keeps it. */
  remove(scope: RunnerScope, name: string): Promise<Answer<'removed' | 'absent' | 'busy'>>;
  /** The runners there, of all hosts. */
  list(scope: RunnerScope): Promise<Answer<ShownRunners>>;
  /** The organization's runner group of this name, without regard to case, or (absent) its default one. Undefined: none. */
  group(organization: string, name: string | undefined): Promise<Answer<RunnerGroup | undefined>>;
  /** By `owner/name`. not-found: it is gone, or the credential does not reach it. */
  repository(fullName: string): Promise<Answer<GitHubRepository>>;
}

export interface ShownRunners {
  readonly runners: readonly ShownRunner[];
  /** False: there may be more than were read, so one that is not among them may still be registered. */
  readonly isComplete: boolean;
}

/** A runner as GitHub shows it to people. */
export interface ShownRunner {
  readonly name: string;
  readonly online: boolean;
  readonly busy: boolean;
  readonly labels: readonly string[];
}
