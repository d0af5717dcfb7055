/**
 * Tokens of people: classic ones, `ghp_…`, or those that `gh auth login` gets, `gho_…`. They may do what their scopes
 * allow, with everything that the account owns, until they are revoked.
 * Source: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
 */
import { randomBytes } from 'node:crypto';
import { ensureAccount } from './installations.ts';
import { notFound, Refusal } from './router.ts';
import type { GitHubStore, InstallationRecord, Permissions, PersonalScope, TokenRecord } from './store.ts';

/** What each scope allows, as an App's permissions. */
const opened: Readonly<Record<PersonalScope, Permissions>> = {
  'admin:org': { organization_self_hosted_runners: 'write' },
  repo: { administration: 'write', actions: 'write', metadata: 'read' },
};

export function addPersonalToken(
  store: GitHubStore,
  { login, scopes }: { login: string; scopes: readonly PersonalScope[] },
): string {
  const account = ensureAccount(store, { login, type: 'Organization' });
  const token = `ghp_${randomBytes(18).toString('hex')}`;
  store.personalTokens.set(token, { account, scopes });
  return token;
}

/** Undefined: it is not a person's token. */
export function readPersonalToken(
  store: GitHubStore,
  token: string | undefined,
): { installation: InstallationRecord; record: TokenRecord } | undefined {
  const found = token === undefined ? undefined : store.personalTokens.get(token);
  if (!found) return undefined;
  const { account, scopes } = found;
  const permissions: Permissions = Object.assign({}, ...scopes.map((scope) => opened[scope]));
  const repositories = [...store.repositories.values()].filter(({ owner }) => owner === account);
  const installation: InstallationRecord = {
    // Its requests count as its owner's, not as those of an installation.
    id: -account.id,
    account,
    repositorySelection: 'all',
    repositories: new Set(repositories),
    permissions,
    suspendedAt: undefined,
    createdAt: 0,
    updatedAt: 0,
  };
  return { installation, record: { installationId: -account.id, permissions, expiresAt: Infinity } };
}

/**
 * The answer to a token without the permission. For a person's token it is 404, which does not reveal what exists.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#404-not-found-for-an-existing-resource
 */
export const refusedPermission = (store: GitHubStore, token: string | undefined): Refusal =>
  token !== undefined && store.personalTokens.has(token)
    ? notFound()
    : new Refusal(403, 'Resource not accessible by integration');
