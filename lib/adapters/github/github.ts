/**
 * The GitHub port over GitHub's REST API. Refusals come back as answers, by the table in classify.ts; what
 * GitHub could not be asked throws OperationalError. It never waits and never repeats a call, but for a
 * token that GitHub no longer takes and a runner name that is taken by an idle registration: once each.
 */
import type { Permissions, RunnerScope } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Answer, GitHub, JitRequest } from '../../ports/github.ts';
import { type AppClientOptions, createAppClient } from './app-client.ts';
import { createAsking } from './asking.ts';
import { type Ask, jobOf, level } from './calls.ts';
import { isNameTaken, statusOf } from './classify.ts';
import { createListings } from './listings.ts';
import { findRunnerGroup } from './runner-groups.ts';

export function createGitHub(options: AppClientOptions & { readonly clock: Clock }): GitHub {
  const client = createAppClient(options);
  const { ask, answered } = createAsking(client, options.clock);

  return {
    ...createListings({ ask, client, answered }),
    getInstallation: (installationId) =>
      answered(async () => {
        const parameters = { installation_id: installationId };
        return installationOf(await client.asApp('GET /app/installations/{installation_id}', parameters));
      }),
    createJitConfig: async (request) => {
      const attempt = () => answered(() => register(ask, request));
      try {
        return await attempt();
      } catch (error) {
        if (!isNameTaken(error)) throw error;
      }
      const { installationId, scope, name } = request;
      const cleared = await answered(() => remove(ask, { installationId, scope, name }));
      if (!cleared.ok) return cleared;
      try {
        return await attempt();
      } catch (error) {
        if (!isNameTaken(error)) throw error;
        return nameTaken(name);
      }
    },
    removeRunner: (installationId, scope, name) =>
      answered(() => remove(ask, { installationId, scope, name })),
    getRunnerGroup: (installationId, organization, name) =>
      answered(() => findRunnerGroup(ask, { installationId, organization, name })),
    rerunJob: (installationId, repository, jobId) =>
      answered(async () => {
        const [owner, repo] = repository.split('/');
        const route = 'POST /repos/{owner}/{repo}/actions/jobs/{job_id}/rerun';
        const grant = { permissions: { actions: 'write' } } as const;
        await ask(installationId, grant, [route, { owner, repo, job_id: jobId }]);
        return 'asked' as const;
      }),
    getJob: (installationId, repository, jobId) =>
      answered(async () => {
        const [owner, repo] = repository.split('/');
        const call = [
          'GET /repos/{owner}/{repo}/actions/jobs/{job_id}',
          { owner, repo, job_id: jobId },
        ] as const;
        return jobOf(await ask(installationId, { permissions: { actions: 'read' } }, call));
      }),
  };
}

interface Named {
  readonly installationId: InstallationId;
  readonly scope: RunnerScope;
  readonly name: string;
}

async function register(ask: Ask, request: JitRequest): Promise<{ jitConfig: string }> {
  const { root, place, grant } = level(request.scope);
  const body = {
    name: request.name,
    labels: request.labels,
    runner_group_id: request.runnerGroupId,
    work_folder: '_work',
  };
  const answer = await ask(request.installationId, grant, [
    `POST ${root}/generate-jitconfig`,
    { ...place, ...body },
  ]);
  return { jitConfig: (answer as { encoded_jit_config: string }).encoded_jit_config };
}

async function remove(ask: Ask, named: Named): Promise<'removed' | 'absent' | 'busy'> {
  const { root, place, grant } = level(named.scope);
  const list = await ask(named.installationId, grant, [`GET ${root}`, { ...place, name: named.name }]);
  const { runners } = list as { runners: { id: number; name: string; busy: boolean }[] };
  const runner = runners.find(({ name }) => name.toLowerCase() === named.name.toLowerCase());
  if (!runner) return 'absent';
  if (runner.busy) return 'busy';
  try {
    await ask(named.installationId, grant, [
      `DELETE ${root}/{runner_id}`,
      { ...place, runner_id: runner.id },
    ]);
    return 'removed';
  } catch (error) {
    // It got a job, or ended, since it was listed.
    if (statusOf(error) === 422) return 'busy';
    if (statusOf(error) === 404) return 'absent';
    throw error;
  }
}

const nameTaken = (name: string): Answer<never> => ({
  ok: false,
  refusal: {
    kind: 'invalid',
    message: `A runner named ${name} exists on GitHub and is busy; register under another name.`,
  },
});

export function installationOf(data: unknown) {
  const {
    account,
    permissions,
    suspended_at: suspendedAt,
  } = data as {
    account: { id: number; login: string; type: string };
    permissions: Permissions;
    suspended_at: string | null;
  };
  const accountType = account.type === 'User' ? ('User' as const) : ('Organization' as const);
  return {
    accountId: account.id,
    accountLogin: account.login,
    accountType,
    suspended: suspendedAt !== null && suspendedAt !== undefined,
    permissions,
  };
}
