/** `mayfly host test-repositories`: which repositories a runner of this host would serve, and why not the others. */
import { type TestedRepository, testRepositories } from '../../host/repositories.ts';
import { scopeName } from '../../host/runner.ts';
import { jsonOption, UsageError } from '../command.ts';
import { printableLine } from '../printable.ts';
import { hostCommand, openHost, readConfig, textOption } from './open-host.ts';

export const hostTestRepositories = hostCommand(
  {
    name: 'host test-repositories',
    summary: 'check with GitHub which repositories the runners here serve',
    details: `
Examples:
  mayfly host test-repositories                           those of ALLOWED_REPOSITORIES, or GITHUB_REPOSITORY
  mayfly host test-repositories --repositories app,web    these
`,
    exitOne: 'a repository is not served; its line says why',
    options: [
      { flags: '--repositories <names>', description: 'names or owner/name, comma-separated' },
      jsonOption,
    ],
  },
  async (call) => {
    const host = openHost(call);
    const config = await readConfig(host);
    const owner = config.scope.kind === 'organization' ? config.scope.organization : config.scope.owner;
    const asked = textOption(call, 'repositories')
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean)
      .map((name) => (name.includes('/') ? name : `${owner}/${name}`));
    const own = config.scope.kind === 'repository' ? [scopeName(config.scope)] : config.allowedRepositories;
    const repositories = asked ?? own;
    if (repositories.length === 0)
      throw new UsageError('Name repositories: --repositories app,web, or set ALLOWED_REPOSITORIES.');
    const tested = await testRepositories(host.githubFor(config), config, repositories);
    call.io.out(call.options['json'] ? `${JSON.stringify(tested)}\n` : tested.map(line).join(''));
    return tested.every(({ isServed }) => isServed) ? 0 : 1;
  },
);

const line = ({ repository, isServed, text }: TestedRepository) =>
  `${isServed ? 'ok    ' : 'failed'}  ${printableLine(`${repository}: ${text}`)}\n`;
