/** The in-memory fake fulfils the GitHub contract, and its dials answer in GitHub's place. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../../lib/core/ids.ts';
import type { RunnerGroup } from '../../../lib/core/runner-group.ts';
import { githubContract } from '../../contracts/github.contract.ts';
import { createMemoryGitHub, githubUnreachable } from '../../fakes/github.ts';
import { memoryRepositoryId } from '../../fakes/github-state.ts';

githubContract('in memory', async () => {
  const github = createMemoryGitHub();
  const accounts = new Map<InstallationId, Parameters<typeof github.putInstallation>[1]>();
  const groups = new Map<string, RunnerGroup>();
  const idOf = (login: string) =>
    [...accounts].find(([, { accountLogin }]) => accountLogin === login)?.[0] ?? InstallationId(0);
  let nextId = 1;
  return {
    github,
    install({ login, type, repositories }) {
      const installationId = InstallationId(nextId++);
      const account = { accountId: 1000 + installationId, accountLogin: login, accountType: type };
      accounts.set(installationId, { ...account, suspended: false, repositories });
      github.putInstallation(installationId, accounts.get(installationId)!);
      return installationId;
    },
    suspend: (id) => github.putInstallation(id, { ...accounts.get(id)!, suspended: true }),
    uninstall: (id) => github.deleteInstallation(id),
    makeBusy: async ({ name }) => github.setBusy(name, true),
    queueJob(repository, runId = nextId) {
      const jobId = JobId(nextId++);
      const queued = { status: 'queued', conclusion: null, runnerName: null } as const;
      github.putJob(repository, jobId, queued, { runId, labels: ['nobody'] });
      return jobId;
    },
    async failDelivery() {
      github.deliveries.push({ id: 1, guid: 'g-1', deliveredAt: 0, statusCode: 0, isRedelivery: false });
    },
    cancelJob: (repository, jobId) =>
      github.putJob(repository, jobId, { status: 'completed', conclusion: 'cancelled', runnerName: null }),
    leave: (id, calls) =>
      github.setBudget(id, { calls, limit: 5000, resetsAt: 3_600_000, retryAfterSeconds: 3600 }),
    setGroup(login, { name, repositories, ...more }) {
      const known = groups.get(name) ?? {
        id: groups.size + 2,
        visibility: 'all',
        allowsPublicRepositories: false,
      };
      const ids = repositories?.map((repository) => memoryRepositoryId(`${login}/${repository}`));
      const group = { ...known, ...more, name, ...(ids ? { selectedRepositoryIds: ids } : {}) };
      groups.set(name, group);
      github.putGroup(idOf(login), group);
    },
    deleteGroup: (login, name) => github.dropGroup(idOf(login), groups.get(name)!.id),
    setPublic: (repository) => github.setVisibility(repository, 'public'),
    exhaust: (id, resource) =>
      github.setBudget(id, { ...(resource ? { resource } : {}), calls: 0, retryAfterSeconds: 3600 }),
    loseNextRegistrationAnswer: () =>
      github.failNext('createJitConfig', { error: githubUnreachable(), after: true }),
    registrations: () => [...github.registrations.values()].map(({ name, labels }) => ({ name, labels })),
    setFormerNames: github.setFormerNames,
    renameAccount: github.renameAccount,
    renameRepository: github.renameRepository,
    transferRepository: github.transferRepository,
    stop: async () => undefined,
  };
});

describe('the dials of GitHub in memory', () => {
  it('return the given answers, in order, and then their own', async () => {
    const github = createMemoryGitHub();
    github.failNext(
      'getInstallation',
      { refusal: { kind: 'limited', retryAfterSeconds: 7 } },
      {
        error: githubUnreachable(),
      },
    );

    const first = await github.getInstallation(InstallationId(1));
    const second = github.getInstallation(InstallationId(1));

    expect(first).toEqual({ ok: false, refusal: { kind: 'limited', retryAfterSeconds: 7 } });
    await expect(second).rejects.toThrow('connection lost');
    expect(await github.getInstallation(InstallationId(1))).toMatchObject({ refusal: { kind: 'not-found' } });
  });
});
