/**
 * Installation tokens: `ghs_…`, 520 characters, valid for an hour, with at most the installation's own permissions. A
 * token ends with its hour, with its installation, and while its installation is suspended.
 * Source: https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
 */
import { randomBytes } from 'node:crypto';
import { notFound, Refusal } from './router.ts';
import type {
  GitHubStore,
  InstallationRecord,
  Level,
  Permissions,
  Repository,
  TokenRecord,
} from './store.ts';

const tokenLength = 520;
/** A laptop that runs for weeks must not grow without limit; the oldest tokens have expired by then. */
const tokensKept = 20_000;

export function mintToken(
  store: GitHubStore,
  installation: InstallationRecord,
  wanted: Readonly<Record<string, unknown>>,
): { token: string; record: TokenRecord } {
  if (installation.suspendedAt !== undefined) throw new Refusal(403, 'This installation has been suspended');
  const head = `ghs_${store.app.id}_`;
  const token =
    head +
    randomBytes(tokenLength)
      .toString('base64url')
      .slice(0, tokenLength - head.length);
  const repositories = narrowRepositories(installation, wanted);
  const record: TokenRecord = {
    installationId: installation.id,
    permissions: narrowPermissions(installation, wanted['permissions']),
    ...(repositories ? { repositories } : {}),
    expiresAt: store.now() + store.dials.tokenLifetimeSeconds * 1000,
  };
  store.tokens.set(token, record);
  store.emit('token-minted', {
    installationId: installation.id,
    permissions: record.permissions,
    repositories: repositories?.map(({ name }) => name) ?? 'all',
  });
  const oldest = store.tokens.keys().next().value;
  if (store.tokens.size > tokensKept && oldest !== undefined) store.tokens.delete(oldest);
  return { token, record };
}

function narrowPermissions(installation: InstallationRecord, wanted: unknown): Permissions {
  if (wanted === undefined) return installation.permissions;
  const permissions = wanted as Record<string, Level>;
  for (const [name, level] of Object.entries(permissions)) {
    if (!allows(installation.permissions, name, level)) {
      throw new Refusal(422, 'The permissions requested are not granted to this installation.');
    }
  }
  return { ...permissions, metadata: 'read' };
}

function narrowRepositories(
  installation: InstallationRecord,
  wanted: Readonly<Record<string, unknown>>,
): Repository[] | undefined {
  const names = (wanted['repositories'] as string[] | undefined)?.map((name) => name.toLowerCase());
  const ids = wanted['repository_ids'] as number[] | undefined;
  if (!names && !ids) return undefined;
  const found = [...installation.repositories].filter(
    (repository) => names?.includes(repository.name.toLowerCase()) || ids?.includes(repository.id),
  );
  if (found.length < (names?.length ?? 0) + (ids?.length ?? 0)) {
    const words = 'does not exist or is not accessible to the parent installation.';
    throw new Refusal(422, `There is at least one repository that ${words}`);
  }
  return found;
}

/** The token's installation. @throws Refusal 401 or 403 */
export function readToken(store: GitHubStore, token: string | undefined) {
  const record = token === undefined ? undefined : store.tokens.get(token);
  const installation = record && store.installations.get(record.installationId);
  if (!record || !installation || record.expiresAt <= store.now()) throw new Refusal(401, 'Bad credentials');
  if (installation.suspendedAt !== undefined) throw new Refusal(403, 'This installation has been suspended');
  return { installation, record };
}

export function allows(permissions: Permissions, name: string, level: Level): boolean {
  const granted = permissions[name];
  return granted === 'write' || granted === level;
}

export function findInstallation(store: GitHubStore, id: unknown): InstallationRecord {
  const installation = store.installations.get(Number(id));
  if (!installation) throw notFound();
  return installation;
}
