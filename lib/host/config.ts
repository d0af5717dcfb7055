/** The checked settings of a single host. */
import type { RunnerScope } from '../core/github.ts';
import type { ContainerLimits } from '../ports/container-engine.ts';

export interface HostConfig {
  readonly scope: RunnerScope;
  /** The name of an organization's runner group. Absent: its default group. */
  readonly group?: string;
  readonly namePrefix: string;
  readonly labels: readonly string[];
  readonly workFolder: string;
  /** How long a runner may take to end after it was asked to. */
  readonly cleanupSeconds: number;
  /** Each as `owner/name`. Empty: all that GitHub's settings admit. */
  readonly allowedRepositories: readonly string[];
  readonly runners: number;
  readonly image: string;
  readonly engine?: 'docker' | 'podman';
  readonly limits: ContainerLimits;
  readonly network?: string;
  /** Path of the engine's socket, which jobs get. */
  readonly socket?: string;
  readonly apiUrl: string;
  readonly credential: CredentialChoice;
}

export type CredentialChoice =
  | { readonly kind: 'app'; readonly appId: string; readonly privateKeyFile: string }
  | { readonly kind: 'token'; readonly token: string }
  /** The output of `gh auth token`. */
  | { readonly kind: 'gh' };
