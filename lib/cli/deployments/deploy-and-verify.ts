/**
 * Writes a configuration file and deploys it. CloudFormation rolls back a failed deploy, so the file is then restored
 * too. After a deploy it waits until the reconciler has recorded the configuration, which only the newly deployed
 * functions do.
 */
import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigurationVersion } from '../../adapters/dynamodb/deployment-audit.ts';
import { isSameConfiguration } from '../../core/setting-differences.ts';
import { dynamoClient } from '../aws-clients.ts';
import type { CommandCall } from '../command.ts';
import { readSeconds } from '../setup/spread.ts';
import { readTenants } from '../status.ts';

type Say = (text: string) => void;

export interface Deploy {
  readonly file: { readonly path: string; readonly text: string; readonly isWanted: boolean };
  /** The file's new content. */
  readonly text: string;
  readonly say: Say;
}

/** @returns why it failed, with the file restored; undefined if it worked */
export async function deployAndVerify(
  call: CommandCall,
  { file, text, say }: Deploy,
): Promise<string | undefined> {
  if (!file.isWanted) {
    replace(`${file.path}.before-rollback`, file.text);
    replace(file.path, text);
    say(`\nWrote ${file.path}; the previous file is kept beside it, as mayfly.config.ts.before-rollback.\n`);
  }
  const command = String(call.options['deploy']);
  say(`Deploying: ${command}\n`);
  const ended = await runInShell(call, command);
  if (ended === 0) return undefined;
  if (file.isWanted) return `${command} failed (${ended}); mayfly.config.ts was not changed.`;
  replace(file.path, file.text);
  return `${command} failed (${ended}); mayfly.config.ts was restored.`;
}

/** In one rename, so that a crash leaves the old or the new file, never half of one. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

/** Its output goes to stderr with `--json`, when stdout is for the result alone. */
function runInShell({ environment, options }: CommandCall, command: string): Promise<number | string> {
  const child = spawn(command, {
    shell: true,
    env: { ...environment },
    stdio: ['inherit', options['json'] ? 2 : 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? String(signal)));
  });
}

const betweenLooksMilliseconds = 2_000;

/** @returns what is wrong, one sentence for each problem */
export async function verifyDeployed(
  call: CommandCall,
  of: {
    readonly wanted: ConfigurationVersion;
    readVersions(call: CommandCall, most: number): Promise<readonly ConfigurationVersion[]>;
    readonly say: Say;
  },
): Promise<string[]> {
  const { wanted, readVersions, say } = of;
  const end = Date.now() + readSeconds(call) * 1000;
  const isDeployed = async () => {
    const [last] = await readVersions(call, 1);
    return last !== undefined && isSameConfiguration(last.configuration, wanted.configuration);
  };
  say('Waiting up to five minutes until the functions run with it …\n');
  while (!(await isDeployed())) {
    if (Date.now() >= end) {
      return [
        'No reconciler has run with the new configuration yet. Did the deploy reach the functions, and does the reconciler run? npx mayfly rollback --list',
      ];
    }
    await sleep(betweenLooksMilliseconds);
  }
  const tenants = await readTenants(dynamoClient(call), call);
  return tenants.flatMap(({ login, installationId, problems }) =>
    problems.map((problem) => `${login} (${installationId}): ${problem}`),
  );
}
