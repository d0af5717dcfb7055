/** What every command of a single host needs first: its folder, its settings, and GitHub with its credential. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createHostGitHub } from '../../adapters/github/host-github.ts';
import { createHostFiles, settingsFile } from '../../adapters/host-files/host-files.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { checkHostConfig } from '../../host/check-config.ts';
import type { HostConfig } from '../../host/config.ts';
import { readSettings } from '../../host/env-file.ts';
import { secretSetting } from '../../host/setting-defaults.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { HostGitHub } from '../../ports/host-github.ts';
import { type Command, type CommandCall, type CommandOption, UsageError } from '../command.ts';
import { credentialOf } from './host-credential.ts';
import { HostFault } from './host-fault.ts';

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

/** Creates a command of this group: errors that stop it are one line, with exit status 1. */
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

/** @throws HostFault with every error */
export async function readConfig(host: Host): Promise<HostConfig> {
  const text = await host.state.settings();
  guardSecret(host, text);
  return configOf(text, join(host.folder, settingsFile));
}

export function configOf(text: string, where: string): HostConfig {
  const checked = checkHostConfig(text);
  if (checked.ok) return checked.config;
  throw new HostFault(
    `Invalid settings in ${where}:\n${checked.faults.map((fault) => `- ${fault}`).join('\n')}`,
  );
}

/** Only its owner may read a token. */
function guardSecret(host: Host, text: string): void {
  const path = join(host.folder, settingsFile);
  if (!readSettings(text).settings[secretSetting] || (statSync(path).mode & 0o077) === 0) return;
  throw new HostFault(`${path} holds a token, and others can read it. Restrict it: chmod 600 ${path}`);
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
