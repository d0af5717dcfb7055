/**
 * `mayfly setup --app-id ID --key FILE`: stores an existing App. The key is tested against GitHub before anything is
 * stored. Missing permissions are listed but do not prevent storing the App.
 */
import { takeExistingApp } from '../../app/setup/take-app.ts';
import { howToAdd } from '../../core/app-needs.ts';
import { type CommandCall, UsageError } from '../command.ts';
import { printableLine } from '../printable.ts';
import type { DeploymentOutputs } from './deployment-outputs.ts';
import { readKeyFile, setupDeps } from './deps.ts';
import { readableApp, refuseReplacing } from './refuse-replacing.ts';

export async function enterApp(call: CommandCall, outputs: DeploymentOutputs): Promise<void> {
  const { appId, key: file, replace } = call.options;
  if (typeof appId !== 'string' || typeof file !== 'string' || !appId || !file) {
    throw new UsageError('An existing App needs both: --app-id 123456 --key path/to/key.pem');
  }
  const privateKey = readKeyFile(file);
  const deps = setupDeps(call, outputs);
  if (replace !== true) {
    const stored = await readableApp(deps.vault);
    // A new key for the same App does not replace the App.
    if (stored?.appId !== appId) refuseReplacing(stored, 'run this again with --replace');
  }
  const heard = await takeExistingApp(deps, { appId, privateKey });
  if (!heard.ok) {
    throw new UsageError(
      `GitHub does not accept this key for App ${appId}: ${heard.why}. Check the id on the App's settings page, and that the key belongs to that App.`,
    );
  }
  const { name, todo, missing } = heard.value;
  call.io.out(`GitHub accepts the key for the App ${printableLine(name)}. It is stored.\n`);
  call.io.out(`${todo ?? `GitHub sends its webhooks to ${outputs.webhookUrl}`}\n`);
  if (missing.length > 0) {
    call.io.error(`\nThe App lacks:\n${missing.map((one) => `- ${one}\n`).join('')}${howToAdd}\n`);
  }
}
