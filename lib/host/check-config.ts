/**
 * Checks a single host's settings as a whole, and reports every error at once: what was given, what is allowed and how to
 * fix it. The names are those of the shell scripts that such hosts used before, so that their files still work; what
 * those scripts could not do safely is refused with the reason.
 */
import type { HostConfig } from './config.ts';
import { containerOf } from './container-settings.ts';
import { readSettings } from './env-file.ts';
import { settingDefaults } from './setting-defaults.ts';
import { matching, optional, whole } from './setting-readers.ts';
import {
  allowedOf,
  credentialOf,
  engineOf,
  labelsOf,
  scopeOf,
  socketOf,
  unknownSettings,
} from './setting-values.ts';

export type CheckedConfig =
  | { readonly ok: true; readonly config: HostConfig }
  | { readonly ok: false; readonly faults: readonly string[] };

export function checkHostConfig(text: string): CheckedConfig {
  const { settings, faults: odd } = readSettings(text);
  const faults = [...odd, ...unknownSettings(settings)];
  const fault = (sentence: string) => void faults.push(sentence);
  const value = (name: string) => settings[name] || settingDefaults[name] || '';
  const scope = scopeOf(settings, fault);
  const config: HostConfig = {
    scope: scope ?? { kind: 'organization', organization: '' },
    ...optional('group', value('RUNNER_GROUP')),
    namePrefix: matching('RUNNER_NAME', value('RUNNER_NAME'), {
      pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/,
      allowed: '1 to 40 letters, digits, dots, hyphens and underscores',
      fault,
    }),
    labels: labelsOf(value('LABELS'), fault),
    workFolder: matching('RUNNER_WORKDIR', value('RUNNER_WORKDIR'), {
      pattern: /^[\w./-]{1,200}$/,
      allowed: 'a folder, relative to that of the runner program or absolute',
      fault,
    }),
    cleanupSeconds: whole('CLEANUP_TIMEOUT', value('CLEANUP_TIMEOUT'), { least: 1, most: 3600, fault }),
    allowedRepositories: allowedOf(value('ALLOWED_REPOSITORIES'), scope, fault),
    runners: whole('RUNNER_COUNT', value('RUNNER_COUNT'), { least: 1, most: 50, fault }),
    ...containerOf(value, fault),
    ...engineOf(value('CONTAINER_ENGINE'), fault),
    ...socketOf(value('DOCKER_SOCKET'), fault),
    apiUrl: matching('GITHUB_API_URL', value('GITHUB_API_URL').replace(/\/+$/, ''), {
      pattern: /^https?:\/\/\S+$/,
      allowed: 'https://api.github.com, or https://HOST/api/v3 of a GitHub Enterprise Server',
      fault,
    }),
    credential: credentialOf(settings, fault),
  };
  if (scope?.kind === 'repository' && config.group !== undefined) {
    fault(
      'RUNNER_GROUP is set, but runners of a repository are in no group. Remove it, or set GITHUB_ORGANIZATION.',
    );
  }
  if (value('EPHEMERAL') !== 'true') {
    fault(
      `EPHEMERAL is ${JSON.stringify(value('EPHEMERAL'))}; only true is allowed, because every runner here serves one job in a fresh container. Remove the line.`,
    );
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, config };
}
