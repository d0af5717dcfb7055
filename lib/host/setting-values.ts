/** The settings of a single host with rules of their own: where runners register, for whom, and with which credential. */
import type { RunnerScope } from '../core/github.ts';
import type { CredentialChoice, HostConfig } from './config.ts';
import type { Settings } from './env-file.ts';
import { settingDefaults } from './setting-defaults.ts';
import { type Fault, listOf } from './setting-readers.ts';

const login = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/;
const repositoryName = /^[A-Za-z0-9._-]{1,100}$/;

export function unknownSettings(settings: Settings): string[] {
  const unknown = Object.keys(settings).filter((name) => !(name in settingDefaults));
  const known = Object.keys(settingDefaults).join(', ');
  return unknown.map((name) => `${name} is not a setting. The settings are: ${known}.`);
}

export function scopeOf(settings: Settings, fault: Fault): RunnerScope | undefined {
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

export function labelsOf(text: string, fault: Fault): string[] {
  const labels = listOf(text);
  const isGood = (label: string) => label.length <= 256 && !/\s/.test(label);
  if (labels.length < 1 || labels.length > 100 || !labels.every(isGood)) {
    fault(
      `LABELS is ${JSON.stringify(text)}; it must be 1 to 100 labels of at most 256 characters without spaces, comma-separated.`,
    );
  }
  return labels;
}

export function allowedOf(text: string, scope: RunnerScope | undefined, fault: Fault): string[] {
  const given = listOf(text);
  // As given: without a valid owner, which is a fault of its own, a name alone is still a name.
  const isGood = (name: string) =>
    name.split('/').length <= 2 && name.split('/').every((part) => repositoryName.test(part));
  for (const name of given.filter((one) => !isGood(one))) {
    fault(
      `ALLOWED_REPOSITORIES has ${JSON.stringify(name)}; each must be a name, or owner/name, comma-separated.`,
    );
  }
  const owner = scope?.kind === 'organization' ? scope.organization : (scope?.owner ?? '');
  const names = given.map((name) => (name.includes('/') ? name : `${owner}/${name}`));
  const own = scope?.kind === 'repository' ? `${scope.owner}/${scope.repository}`.toLowerCase() : undefined;
  if (own !== undefined && names.some((name) => name.toLowerCase() !== own)) {
    fault(
      `ALLOWED_REPOSITORIES names other repositories, but a runner of ${own} serves no other. Remove it.`,
    );
  }
  return names;
}

export function engineOf(name: string, fault: Fault): Pick<HostConfig, 'engine'> {
  if (name === '') return {};
  if (name === 'docker' || name === 'podman') return { engine: name };
  fault(
    `CONTAINER_ENGINE is ${JSON.stringify(name)}; allowed values are docker, podman. Without it, the engine that responds is used.`,
  );
  return {};
}

export function socketOf(text: string, fault: Fault): Pick<HostConfig, 'socket'> {
  if (text === 'false') return {};
  if (text === 'true') return { socket: '/var/run/docker.sock' };
  if (text.startsWith('/')) return { socket: text };
  fault(`DOCKER_SOCKET is ${JSON.stringify(text)}; allowed values are false, true, or the path of a socket.`);
  return {};
}

export function credentialOf(settings: Settings, fault: Fault): CredentialChoice {
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
