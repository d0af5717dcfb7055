/** What a single host is run with, once its settings have been checked. */
import type { RunnerScope } from '../core/github.ts';
import type { ContainerLimits } from '../ports/container-engine.ts';

export interface HostConfig {
  readonly scope: RunnerScope;
  /** Of an organization's runners, by name. Absent: its default group. */
  readonly group?: string;
  readonly namePrefix: string;
  readonly labels: readonly string[];
  readonly workFolder: string;
  /** How long a runner may take to end once it was told to. */
  readonly cleanupSeconds: number;
  /** `owner/name` each. Empty: those that GitHub's settings admit. */
  readonly allowedRepositories: readonly string[];
  readonly runners: number;
  readonly image: string;
  readonly engine?: 'docker' | 'podman';
  readonly limits: ContainerLimits;
  readonly network?: string;
  /** Path of the engine's socket, which is given to jobs. */
  readonly socket?: string;
  readonly apiUrl: string;
  readonly credential: CredentialChoice;
}

export type CredentialChoice =
  | { readonly kind: 'app'; readonly appId: string; readonly privateKeyFile: string }
  | { readonly kind: 'token'; readonly token: string }
  /** What `gh auth token` prints. */
  | { readonly kind: 'gh' };
