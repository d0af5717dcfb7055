/** What a test of the GitHub port has: the port itself, and what only GitHub's side can do (suspend, run a job). */
import { afterEach, beforeEach } from '@jest/globals';
import type { RunnerScope } from '../../../lib/core/github.ts';
import type { CallResource } from '../../../lib/core/github-budget.ts';
import type { InstallationId, JobId } from '../../../lib/core/ids.ts';
import type { GitHub, JitRequest } from '../../../lib/ports/github.ts';

export interface GitHubContractWorld {
  readonly github: GitHub;
  install(account: {
    login: string;
    type: 'Organization' | 'User';
    repositories: readonly string[];
  }): InstallationId;
  suspend(installationId: InstallationId): void;
  uninstall(installationId: InstallationId): void;
  /** Makes GitHub give a job of `repository` to this runner. */
  makeBusy(runner: JitRequest & { jitConfig: string; repository: string }): Promise<void>;
  /** A job that nobody has taken, with the label `nobody`. */
  queueJob(repository: string, runId?: number): JobId;
  /** A webhook that reached no server; resolves once its failure is recorded. */
  failDelivery(): Promise<void>;
  cancelJob(repository: string, jobId: JobId): void;
  setFormerNames(answer: 'gone' | 'redirect'): void;
  renameAccount(installationId: InstallationId, login: string): void;
  renameRepository(installationId: InstallationId, name: string, to: string): void;
  transferRepository(installationId: InstallationId, name: string, owner: string): void;
  /** Creates or changes the organization's runner group of this name. `selected` groups name their repositories. */
  setGroup(
    login: string,
    group: {
      name: string;
      visibility?: 'all' | 'selected' | 'private';
      allowsPublicRepositories?: boolean;
      repositories?: readonly string[];
    },
  ): void;
  deleteGroup(login: string, name: string): void;
  setPublic(repository: string): void;
  /** Uses up all calls for an hour. Absent resource: all but registrations. */
  exhaust(installationId: InstallationId, resource?: CallResource): void;
  /** Leaves this many of 5,000 calls for an hour. */
  leave(installationId: InstallationId, calls: number): void;
  /** The next registration takes effect, but its answer is lost. */
  loseNextRegistrationAnswer(): void;
  registrations(): { name: string; labels: readonly string[] }[];
  stop(): Promise<void>;
}

export const labels = ['self-hosted', 'linux', 'x64', 'small'];
export const organization: RunnerScope = { kind: 'organization', organization: 'acme' };

export type GivenGitHub = ReturnType<typeof useGitHubWorld>;

/** Starts a world for each test of a `describe`, in which the organization acme has the repository app. */
export function useGitHubWorld(start: () => Promise<GitHubContractWorld>) {
  let world: GitHubContractWorld;
  let acme: InstallationId;
  beforeEach(async () => {
    world = await start();
    acme = world.install({ login: 'acme', type: 'Organization', repositories: ['app'] });
  });
  afterEach(() => world.stop());

  const request = (given: Partial<JitRequest> = {}): JitRequest => ({
    installationId: acme,
    scope: organization,
    name: 'i-0001',
    labels,
    runnerGroupId: 1,
    ...given,
  });
  const register = async (given: Partial<JitRequest> = {}) => {
    const answer = await world.github.createJitConfig(request(given));
    if (!answer.ok) throw new Error(`not registered: ${JSON.stringify(answer.refusal)}`);
    return answer.value.jitConfig;
  };
  const busyRunner = async () => {
    const jitConfig = await register();
    await world.makeBusy({ ...request(), jitConfig, repository: 'acme/app' });
  };
  return { world: () => world, acme: () => acme, request, register, busyRunner };
}
