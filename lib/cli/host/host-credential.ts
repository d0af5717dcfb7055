/** A single host's credential, which never leaves this process: an App's key, a token, or the output of `gh auth token`. */
import { readFileSync } from 'node:fs';
import { runProgram } from '../../adapters/container-engine/run-program.ts';
import { givenApp } from '../../adapters/github/app-client.ts';
import type { HostCredential } from '../../adapters/github/host-github.ts';
import type { HostConfig } from '../../host/config.ts';
import type { CommandCall } from '../command.ts';
import { HostFault } from './host-fault.ts';
import { findProgram } from './open-engine.ts';

export function credentialOf({ credential, apiUrl }: HostConfig, call: CommandCall): HostCredential {
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
