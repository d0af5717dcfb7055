/**
 * A single host's port over the same client, tokens and error table as the platform's. With an App it finds the
 * installation that the scope belongs to; with a personal token it sends that token, and reads it again once GitHub
 * refuses it. Neither credential leaves this process.
 */
import type { RunnerScope } from '../../core/github.ts';
import { InstallationId } from '../../core/ids.ts';
import type { StoredApp } from '../../ports/app-credentials.ts';
import type { Clock } from '../../ports/clock.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Answer } from '../../ports/github.ts';
import type { HostGitHub, ShownRunner, ShownRunners } from '../../ports/host-github.ts';
import { type AppClient, createAppClient, type Parameters } from './app-client.ts';
import { type Asking, createAsking } from './asking.ts';
import { type Ask, level } from './calls.ts';
import { statusOf } from './classify.ts';
import type { Grant } from './installation-tokens.ts';
import { type RepositoryShape, repositoryOf } from './listings.ts';
import { registerRunner, removeRegistration } from './registrations.ts';
import { findRunnerGroup } from './runner-groups.ts';

export type HostCredential =
  | { readonly kind: 'app'; readonly app: StoredApp }
  /** Called before each request. */
  | { readonly kind: 'token'; readonly read: () => Promise<string> };

export interface HostGitHubOptions {
  /** `https://api.github.com`, or that of a GitHub Enterprise host. */
  readonly apiUrl: string;
  readonly credential: HostCredential;
  readonly clock: Clock;
}

/** GitHub's own limit. */
const pageSize = 100;
/**
 * GitHub's limit for one runner group is 10,000 runners.
 * Source: https://docs.github.com/en/actions/reference/limits
 */
const mostPages = 100;
/** A personal token belongs to no installation. */
const noInstallation = InstallationId(0);

interface Access extends Asking {
  installationFor(scope: RunnerScope): Promise<InstallationId>;
}

export function createHostGitHub(options: HostGitHubOptions): HostGitHub {
  const { credential, clock, apiUrl } = options;
  const client = createAppClient({ apiUrl, app: credential.kind === 'app' ? credential.app : noApp });
  const access =
    credential.kind === 'app'
      ? appAccess(client, clock)
      : tokenAccess(client, { clock, read: credential.read });
  const { ask, answered, installationFor } = access;
  const within = async <Value>(
    scope: RunnerScope,
    call: (installationId: InstallationId) => Promise<Answer<Value>>,
  ): Promise<Answer<Value>> => {
    const found = await answered(() => installationFor(scope));
    return found.ok ? call(found.value) : found;
  };
  return {
    register: (request) =>
      within(request.scope, (installationId) =>
        registerRunner({ ...request, installationId }, { ask, answered }),
      ),
    remove: (scope, name) =>
      within(scope, (installationId) =>
        answered(() => removeRegistration(ask, { installationId, scope, name })),
      ),
    list: (scope) =>
      within(scope, (installationId) => answered(() => listAll(ask, { installationId, scope }))),
    group: (organization, name) =>
      within({ kind: 'organization', organization }, (installationId) =>
        answered(() => findRunnerGroup(ask, { installationId, organization, name })),
      ),
    repository: (fullName) => {
      const [owner = '', repository = ''] = fullName.split('/');
      return within({ kind: 'repository', owner, repository }, (installationId) =>
        answered(async () => {
          const grant: Grant = { permissions: { metadata: 'read' } };
          const call = ['GET /repos/{owner}/{repo}', { owner, repo: repository }] as const;
          return repositoryOf((await ask(installationId, grant, call)) as RepositoryShape);
        }),
      );
    },
  };
}

function appAccess(client: AppClient, clock: Clock): Access {
  const { ask, answered } = createAsking(client, clock);
  const found = new Map<string, InstallationId>();
  return {
    async installationFor(scope) {
      const { route, parameters, key } = installationCall(scope);
      const known = found.get(key);
      if (known !== undefined) return known;
      const installation = (await client.asApp(route, parameters)) as { id: number };
      found.set(key, InstallationId(installation.id));
      return InstallationId(installation.id);
    },
    answered,
    async ask(installationId, grant, call) {
      try {
        return await ask(installationId, grant, call);
      } catch (error) {
        // After a reinstallation it has another id.
        if (statusOf(error) === 404) found.clear();
        throw error;
      }
    },
  };
}

/** Sources: https://docs.github.com/en/rest/apps/apps#get-an-organization-installation-for-the-authenticated-app */
function installationCall(scope: RunnerScope): { route: string; parameters: Parameters; key: string } {
  if (scope.kind === 'organization') {
    const parameters = { org: scope.organization };
    return { route: 'GET /orgs/{org}/installation', parameters, key: scope.organization.toLowerCase() };
  }
  const { owner, repository } = scope;
  return {
    route: 'GET /repos/{owner}/{repo}/installation',
    parameters: { owner, repo: repository },
    key: `${owner}/${repository}`.toLowerCase(),
  };
}

function tokenAccess(
  client: AppClient,
  { clock, read }: { clock: Clock; read: () => Promise<string> },
): Access {
  const { answered } = createAsking(client, clock);
  return {
    answered,
    installationFor: async () => noInstallation,
    async ask(_installationId, _grant, [route, parameters]) {
      const token = await read();
      try {
        return (await client.withToken(token, route, parameters)).data;
      } catch (error) {
        const fresh = statusOf(error) === 401 ? await read() : token;
        if (fresh === token) throw error;
        return (await client.withToken(fresh, route, parameters)).data;
      }
    },
  };
}

async function listAll(
  ask: Ask,
  { installationId, scope }: { installationId: InstallationId; scope: RunnerScope },
): Promise<ShownRunners> {
  const { root, place, grant } = level(scope);
  const all: ShownRunner[] = [];
  for (let page = 1; page <= mostPages; page++) {
    const answer = await ask(installationId, grant, [`GET ${root}`, { ...place, per_page: pageSize, page }]);
    const { runners } = answer as { runners: RunnerShape[] };
    all.push(...runners.map(shownRunnerOf));
    if (runners.length < pageSize) return { runners: all, isComplete: true };
  }
  return { runners: all, isComplete: false };
}

interface RunnerShape {
  readonly name: string;
  readonly status: string;
  readonly busy: boolean;
  readonly labels: readonly { readonly name: string }[];
}

const shownRunnerOf = ({ name, status, busy, labels }: RunnerShape): ShownRunner => ({
  name,
  busy,
  online: status === 'online',
  labels: labels.map((label) => label.name),
});

const noApp: StoredApp = {
  current: async () => {
    throw new OperationalError('This host has a token and no App.', { code: 'no-app', retryable: false });
  },
  refresh: async () => false,
};
