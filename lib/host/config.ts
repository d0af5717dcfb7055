/**
 * What a single host's settings mean. Checked as a whole: every fault is named at once, with what was given, what is allowed
 * and how to mend it. The names are those of the shell scripts that such hosts were run with before, so that their files
 * work; what those could not do safely is refused with the reason.
 */
import type { RunnerScope } from '../core/github.ts';
import type { ContainerLimits } from '../ports/container-engine.ts';
import { readSettings, type Settings } from './env-file.ts';

export interface HostConfig {
  readonly scope: RunnerScope;
  /** Of an organization's runners, by name. Absent: its default group. */
  readonly group?: string;
  readonly namePrefix: string;
  readonly labels: readonly string[];
  readonly workFolder: string;
  /** How long a runner may take to end once it was told to. */
  readonly cleanupSeconds: number;
  /** `owner/name` each. Empty: those that GitHub's settings admit. */
  readonly allowedRepositories: readonly string[];
  readonly runners: number;
  readonly image: string;
  readonly engine?: 'docker' | 'podman';
  readonly limits: ContainerLimits;
  readonly network?: string;
  /** Path of the engine's socket, which is given to jobs. */
  readonly socket?: string;
  readonly apiUrl: string;
  readonly credential: CredentialChoice;
}

export type CredentialChoice =
  | { readonly kind: 'app'; readonly appId: string; readonly privateKeyFile: string }
  | { readonly kind: 'token'; readonly token: string }
  /** What `gh auth token` prints. */
  | { readonly kind: 'gh' };

export type CheckedConfig =
  | { readonly ok: true; readonly config: HostConfig }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Every setting that there is, with what stands where it is not set. */
export const settingDefaults: Readonly<Record<string, string>> = {
  GITHUB_ORGANIZATION: '',
  GITHUB_REPOSITORY: '',
  RUNNER_GROUP: '',
  RUNNER_NAME: 'mayfly',
  LABELS: 'self-hosted,linux,x64',
  RUNNER_WORKDIR: '_work',
  CLEANUP_TIMEOUT: '300',
  ALLOWED_REPOSITORIES: '',
  RUNNER_COUNT: '1',
  RUNNER_IMAGE: 'mayfly-runner',
  CONTAINER_ENGINE: '',
  JOB_MEMORY: '',
  JOB_CPUS: '',
  JOB_NETWORK: '',
  DOCKER_SOCKET: 'false',
  EPHEMERAL: 'true',
  GITHUB_API_URL: 'https://api.github.com',
  GITHUB_TOKEN: '',
  GITHUB_APP_ID: '',
  GITHUB_APP_PRIVATE_KEY_FILE: '',
};

/** The one that must never stand in a copy. */
export const secretSetting = 'GITHUB_TOKEN';

const login = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/;
const repositoryName = /^[A-Za-z0-9._-]{1,100}$/;

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
    image: value('RUNNER_IMAGE'),
    ...engineOf(value('CONTAINER_ENGINE'), fault),
    limits: { ...optional('memory', value('JOB_MEMORY')), ...optional('cpus', value('JOB_CPUS')) },
    ...optional('network', value('JOB_NETWORK')),
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
      'RUNNER_GROUP is set, and runners of a repository are in no group. Remove it, or set GITHUB_ORGANIZATION.',
    );
  }
  if (value('EPHEMERAL') !== 'true') {
    fault('EPHEMERAL is not true. Every runner here serves one job in a fresh container. Remove the line.');
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, config };
}

type Fault = (sentence: string) => void;

function unknownSettings(settings: Settings): string[] {
  const unknown = Object.keys(settings).filter((name) => !(name in settingDefaults));
  const known = Object.keys(settingDefaults).join(', ');
  return unknown.map((name) => `${name} is no setting. There are: ${known}.`);
}

function scopeOf(settings: Settings, fault: Fault): RunnerScope | undefined {
  const { GITHUB_ORGANIZATION: organization = '', GITHUB_REPOSITORY: full = '' } = settings;
  if ((organization === '') === (full === '')) {
    const given = organization === '' ? 'Neither is' : 'Both are';
    fault(`${given} set: GITHUB_ORGANIZATION, GITHUB_REPOSITORY. Set exactly one of them.`);
    return undefined;
  }
  if (organization !== '') {
    if (login.test(organization)) return { kind: 'organization', organization };
    fault(
      `GITHUB_ORGANIZATION is ${JSON.stringify(organization)}; it must be an organization's login, such as acme.`,
    );
    return undefined;
  }
  const [owner = '', repository = '', more] = full.split('/');
  if (login.test(owner) && repositoryName.test(repository) && more === undefined) {
    return { kind: 'repository', owner, repository };
  }
  fault(`GITHUB_REPOSITORY is ${JSON.stringify(full)}; it must be owner/name.`);
  return undefined;
}

function labelsOf(text: string, fault: Fault): string[] {
  const labels = listOf(text);
  const isGood = (label: string) => label.length <= 256 && !/\s/.test(label);
  if (labels.length < 1 || labels.length > 100 || !labels.every(isGood)) {
    fault(
      `LABELS is ${JSON.stringify(text)}; it must be 1 to 100 labels without spaces, with commas between.`,
    );
  }
  return labels;
}

function allowedOf(text: string, scope: RunnerScope | undefined, fault: Fault): string[] {
  const owner = scope?.kind === 'organization' ? scope.organization : (scope?.owner ?? '');
  const names = listOf(text).map((name) => (name.includes('/') ? name : `${owner}/${name}`));
  const isGood = (name: string) =>
    name.split('/').length === 2 && name.split('/').every((part) => repositoryName.test(part));
  for (const name of names.filter((one) => !isGood(one))) {
    fault(
      `ALLOWED_REPOSITORIES has ${JSON.stringify(name)}; each must be a name, or owner/name, with commas between.`,
    );
  }
  const own = scope?.kind === 'repository' ? `${scope.owner}/${scope.repository}`.toLowerCase() : undefined;
  if (own !== undefined && names.some((name) => name.toLowerCase() !== own)) {
    fault(
      `ALLOWED_REPOSITORIES names others than GITHUB_REPOSITORY, and a runner of ${own} serves no other. Remove it.`,
    );
  }
  return names;
}

function engineOf(name: string, fault: Fault): Pick<HostConfig, 'engine'> {
  if (name === '') return {};
  if (name === 'docker' || name === 'podman') return { engine: name };
  fault(
    `CONTAINER_ENGINE is ${JSON.stringify(name)}; allowed are docker, podman. Without it, the one that answers is used.`,
  );
  return {};
}

function socketOf(text: string, fault: Fault): Pick<HostConfig, 'socket'> {
  if (text === 'false') return {};
  if (text === 'true') return { socket: '/var/run/docker.sock' };
  if (text.startsWith('/')) return { socket: text };
  fault(`DOCKER_SOCKET is ${JSON.stringify(text)}; allowed are false, true, or the path of a socket.`);
  return {};
}

function credentialOf(settings: Settings, fault: Fault): CredentialChoice {
  const {
    GITHUB_TOKEN: token = '',
    GITHUB_APP_ID: appId = '',
    GITHUB_APP_PRIVATE_KEY_FILE: file = '',
  } = settings;
  if (token !== '' && appId !== '') fault('GITHUB_TOKEN and GITHUB_APP_ID are both set. Set one of them.');
  if ((appId === '') !== (file === '')) {
    fault('GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY_FILE belong together. Set both, or neither.');
  }
  if (appId !== '') return { kind: 'app', appId, privateKeyFile: file };
  return token === '' ? { kind: 'gh' } : { kind: 'token', token };
}

function whole(
  name: string,
  text: string,
  { least, most, fault }: { least: number; most: number; fault: Fault },
) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    fault(`${name} is ${JSON.stringify(text)}; it must be a whole number from ${least} to ${most}.`);
  }
  return value;
}

function matching(
  name: string,
  text: string,
  { pattern, allowed, fault }: { pattern: RegExp; allowed: string; fault: Fault },
): string {
  if (!pattern.test(text)) fault(`${name} is ${JSON.stringify(text)}; allowed are ${allowed}.`);
  return text;
}

const listOf = (text: string) =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);

const optional = <Name extends string>(name: Name, value: string) =>
  (value === '' ? {} : { [name]: value }) as { readonly [key in Name]?: string };
