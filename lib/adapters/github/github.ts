/**
 * The GitHub port over GitHub's REST API. Refusals come back as answers, by the table in classify.ts; when GitHub cannot
 * be reached it throws OperationalError. It never waits, and repeats a call, once, in only two cases: a token that GitHub
 * rejects, and a runner name that an idle registration holds.
 */
import type { Permissions } from '../../core/github.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GitHub } from '../../ports/github.ts';
import { type AppClientOptions, createAppClient } from './app-client.ts';
import { createAsking } from './asking.ts';
import { jobOf } from './calls.ts';
import { createListings } from './listings.ts';
import { registerRunner, removeRegistration } from './registrations.ts';
import { admitToGroup, findRunnerGroup } from './runner-groups.ts';

export function createGitHub(options: AppClientOptions & { readonly clock: Clock }): GitHub {
  const client = createAppClient(options);
  const { ask, answered } = createAsking(client, options.clock);

  return {
    ...createListings({ ask, client, answered }),
    // Tokens are cached in this copy; a missing one takes one call.
    async prepare() {},
    getInstallation: (installationId) =>
      answered(async () => {
        const parameters = { installation_id: installationId };
        return installationOf(await client.asApp('GET /app/installations/{installation_id}', parameters));
      }),
    createJitConfig: (request) => registerRunner(request, { ask, answered }),
    removeRunner: (installationId, scope, name) =>
      answered(() => removeRegistration(ask, { installationId, scope, name })),
    getRunnerGroup: (installationId, organization, name) =>
      answered(() => findRunnerGroup(ask, { installationId, organization, name })),
    admitToGroup: (installationId, organization, change) =>
      answered(() => admitToGroup(ask, { installationId, organization, ...change })),
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
