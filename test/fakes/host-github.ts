/** GitHub in memory as a single host sees it. A runner is online while its container runs, which the test's world says. */
import type { InstallationId } from '../../lib/core/ids.ts';
import type { HostGitHub } from '../../lib/ports/host-github.ts';
import type { MemoryGitHub } from './github.ts';

export function createMemoryHostGitHub(
  github: MemoryGitHub,
  {
    installationId,
    isOnline,
    mostListed = Number.POSITIVE_INFINITY,
  }: {
    installationId: InstallationId;
    isOnline: (name: string) => boolean;
    /** How many runners fit into its list. */
    mostListed?: number;
  },
): HostGitHub {
  return {
    register: (request) => github.createJitConfig({ ...request, installationId }),
    remove: (scope, name) => github.removeRunner(installationId, scope, name),
    group: (organization, name) => github.getRunnerGroup(installationId, organization, name),
    repository: (fullName) => github.getRepository(installationId, github.repositoryId(fullName)),
    async list(scope) {
      const answer = await github.listRunners(installationId, scope);
      if (!answer.ok) return answer;
      const shown = answer.value.items.map(({ name, busy }) => {
        const { labels = [] } = [...github.registrations.values()].find((one) => one.name === name) ?? {};
        return { name, busy, labels, online: busy || isOnline(name) };
      });
      const value = { runners: shown.slice(0, mostListed), isComplete: shown.length <= mostListed };
      return { ok: true, value };
    },
  };
}
