/** The permissions that a credential needs to register runners, in GitHub's words. */
import type { HostConfig } from './config.ts';

/** Sources: https://docs.github.com/en/rest/actions/self-hosted-runners */
export const neededRights = ({ scope, credential }: HostConfig) => {
  const isOrganization = scope.kind === 'organization';
  if (credential.kind === 'app') {
    const permission = isOrganization
      ? 'Organization, Self-hosted runners: write'
      : 'Repository, Administration: write';
    return `The App must be installed there, with the permission ${permission}.`;
  }
  const right = isOrganization
    ? 'the scope admin:org'
    : 'the scope repo, and its owner must be an admin of the repository';
  const login =
    credential.kind === 'gh' && isOrganization ? ' Fix it: gh auth refresh --scopes admin:org' : '';
  return `The token must have ${right}.${login}`;
};
