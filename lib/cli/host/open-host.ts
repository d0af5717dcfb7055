/**
 * What every command of a single host begins with: its folder, its settings, its engine, and GitHub by its credential, which
 * stays in this process. Programs are found on the caller's PATH.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { createCliEngine } from '../../adapters/container-engine/cli-engine.ts';
import { runProgram } from '../../adapters/container-engine/run-program.ts';
import { givenApp } from '../../adapters/github/app-client.ts';
import { createHostGitHub, type HostCredential } from '../../adapters/github/host-github.ts';
import { createHostFiles, settingsFile } from '../../adapters/host-files/host-files.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { checkHostConfig, type HostConfig, secretSetting } from '../../host/config.ts';
import { readSettings } from '../../host/env-file.ts';
import type { ContainerEngine } from '../../ports/container-engine.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { HostGitHub } from '../../ports/host-github.ts';
import { type Command, type CommandCall, type CommandOption, UsageError } from '../command.ts';

export const folderOption: CommandOption = {
  flags: '--folder <folder>',
  description: 'where the settings file host.env and the host’s records are',
  default: '.mayfly-host',
};

export interface Host {
  readonly folder: string;
  readonly state: ReturnType<typeof createHostFiles>;
  githubFor(config: HostConfig): HostGitHub;
}

/** The one exit status for settings that have faults, as for anything that is wrong with the host. */
export class HostFault extends Error {
  override readonly name = 'HostFault';
}

/** A command of this group: what it cannot go on with is one line, and exit status 1. */
export function hostCommand(command: Omit<Command, 'isWithoutAws' | 'run'>, run: Command['run']): Command {
  return {
    ...command,
    options: [folderOption, ...(command.options ?? [])],
    isWithoutAws: true,
    async run(call) {
      try {
        return await run(call);
      } catch (error) {
        if (!(error instanceof HostFault || error instanceof OperationalError)) throw error;
        call.io.error(`error: ${error.message}\n`);
        return 1;
      }
    },
  };
}

export function openHost(call: CommandCall): Host {
  const folder = resolve(String(call.options['folder']));
  return {
    folder,
    state: createHostFiles(folder),
    githubFor: (config) =>
      createHostGitHub({ apiUrl: config.apiUrl, clock: systemClock, credential: credentialOf(config, call) }),
  };
}

/** @throws HostFault with every fault */
export async function readConfig(host: Host): Promise<HostConfig> {
  const text = await host.state.settings();
  guardSecret(host, text);
  return configOf(text, join(host.folder, settingsFile));
}

export function configOf(text: string, where: string): HostConfig {
  const checked = checkHostConfig(text);
  if (checked.ok) return checked.config;
  throw new HostFault(`${where} has faults:\n${checked.faults.map((fault) => `- ${fault}`).join('\n')}`);
}

/** A token is for its owner's eyes. */
function guardSecret(host: Host, text: string): void {
  const path = join(host.folder, settingsFile);
  if (!readSettings(text).settings[secretSetting] || (statSync(path).mode & 0o077) === 0) return;
  throw new HostFault(`${path} holds a token, and others can read it. Close it: chmod 600 ${path}`);
}

/** The engine that the settings name, or the first that answers. */
export async function openEngine(
  call: CommandCall,
  config: Pick<HostConfig, 'engine'>,
): Promise<ContainerEngine> {
  const names = config.engine ? [config.engine] : ['docker', 'podman'];
  const faults: string[] = [];
  for (const name of names) {
    const program = findProgram(name, call);
    if (program === undefined) {
      faults.push(`${name} is not installed`);
      continue;
    }
    const engine = createCliEngine({ program, socketGroup: async (socket) => (await stat(socket)).gid });
    try {
      await engine.version();
      return engine;
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      faults.push(error.message);
    }
  }
  throw new HostFault(
    `No container engine answers: ${faults.join('; ')}. Install Docker or Podman, or start it.`,
  );
}

function findProgram(name: string, { environment }: CommandCall): string | undefined {
  for (const folder of (environment['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return undefined;
}

function credentialOf({ credential, apiUrl }: HostConfig, call: CommandCall): HostCredential {
  if (credential.kind === 'token') return { kind: 'token', read: async () => credential.token };
  if (credential.kind === 'gh') return { kind: 'token', read: () => askGh(call, new URL(apiUrl)) };
  const { appId, privateKeyFile } = credential;
  return { kind: 'app', app: givenApp({ appId, privateKey: readKey(privateKeyFile) }) };
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new HostFault(`The App's private key cannot be read: ${(error as Error).message}`);
  }
}

/** Source: https://cli.github.com/manual/gh_auth_token */
async function askGh(call: CommandCall, { hostname }: URL): Promise<string> {
  const host = hostname === 'api.github.com' || hostname === '127.0.0.1' ? 'github.com' : hostname;
  const program = findProgram('gh', call);
  const how =
    'Log in with gh auth login, or set GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY_FILE.';
  if (program === undefined)
    throw new HostFault(`There is no GitHub credential: gh is not installed. ${how}`);
  const { code, out, error } = await runProgram(program, ['auth', 'token', '--hostname', host], {
    seconds: 30,
  });
  if (code !== 0) throw new HostFault(`There is no GitHub credential: gh says ${error.trim()}. ${how}`);
  return out.trim();
}

export const textOption = (call: CommandCall, name: string): string | undefined => {
  const value = call.options[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** @throws UsageError where it is none */
export function secondsOption(call: CommandCall, name: string): number | undefined {
  const text = textOption(call, name);
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} is ${JSON.stringify(text)}; it must be a whole number.`);
}
