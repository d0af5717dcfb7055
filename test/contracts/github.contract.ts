/**
 * What every GitHub port must do, run on the in-memory fake and on the real adapter against the stand-in. The tests
 * use only the port; whatever only GitHub's side can do comes from the given world.
 */
import { describe } from '@jest/globals';
import { githubGroupsContract } from './github-groups.contract.ts';
import { githubLimitsContract } from './github-limits.contract.ts';
import { githubListsContract } from './github-lists.contract.ts';
import { githubNamesContract } from './github-names.contract.ts';
import { githubRegistrationsContract } from './github-registrations.contract.ts';
import { type GitHubContractWorld, useGitHubWorld } from './support/github-world.ts';

export function githubContract(title: string, start: () => Promise<GitHubContractWorld>): void {
  describe(`GitHub: ${title}`, () => {
    const given = useGitHubWorld(start);
    githubRegistrationsContract(given);
    githubGroupsContract(given);
    githubListsContract(given);
    githubNamesContract(given);
    githubLimitsContract(given);
  });
}
