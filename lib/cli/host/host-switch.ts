/** `mayfly host switch`: moves from one repository to an organization, or back. It backs up the earlier settings first. */
import { writeSettings } from '../../host/env-file.ts';
import { UsageError } from '../command.ts';
import { applySettings } from './apply-settings.ts';
import { hostCommand, openHost, textOption } from './open-host.ts';

export const hostSwitch = hostCommand(
  {
    name: 'host switch',
    summary: 'register runners with an organization, or with a repository',
    details: `
Examples:
  mayfly host switch organization acme --group builders --allowed-repositories app,web
  mayfly host switch repository acme/app

It checks the new settings before it changes anything, and keeps the old ones: mayfly host rollback goes back. Running
jobs finish where they are; idle runners register again.
`,
    exitOne: 'a check failed and nothing was changed, or no runner came online; the message says which',
    positionals: ['<organization|repository>', '<name>'],
    options: [
      { flags: '--group <name>', description: 'runner group; default: the organization’s default group' },
      { flags: '--allowed-repositories <names>', description: 'the repositories that the group is for' },
      { flags: '--labels <labels>', description: 'labels instead of the current ones' },
      { flags: '--dry-run', description: 'show what would change' },
      { flags: '--wait <seconds>', description: 'how long to wait for the first runner', default: '90' },
    ],
  },
  async (call) => {
    const host = openHost(call);
    const [level = '', name = ''] = call.positionals;
    if (level !== 'organization' && level !== 'repository') {
      throw new UsageError(
        `${JSON.stringify(level)} is not a level; allowed values are organization, repository.`,
      );
    }
    const isOrganization = level === 'organization';
    const labels = textOption(call, 'labels');
    const text = writeSettings(await host.state.settings(), {
      GITHUB_ORGANIZATION: isOrganization ? name : undefined,
      GITHUB_REPOSITORY: isOrganization ? undefined : name,
      RUNNER_GROUP: textOption(call, 'group'),
      ALLOWED_REPOSITORIES: textOption(call, 'allowedRepositories'),
      ...(labels === undefined ? {} : { LABELS: labels }),
    });
    return applySettings(call, host, { text, why: `switch ${level} ${name}` });
  },
);
