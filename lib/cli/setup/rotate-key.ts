/**
 * `mayfly rotate-key`: a new private key for the same App, without losing an event. GitHub accepts every key that the
 * App has, so the old one works until it is deleted there; the command says when that is safe, and which one it is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { keyFingerprint } from '../../adapters/identity/key-fingerprint.ts';
import { type Command, UsageError } from '../command.ts';
import { outlines } from '../outlines.ts';
import { reasonOption } from '../tenants/tenant-options.ts';
import { readOutputs } from './deployment-outputs.ts';
import { needApp, readKeyFile, setupDeps } from './deps.ts';
import { readSeconds, spreadSeconds, waitOption } from './spread.ts';
import { stackOption } from './stack-option.ts';

export const rotateKey: Command = {
  ...outlines['rotate-key'],
  details: `
Example:
  mayfly rotate-key --key app.pem

It tests the new key on GitHub, stores it, waits ${spreadSeconds / 60} minutes until every function has read it, and says which
key to delete on GitHub. First generate the new key on the App's settings page, under Private keys. Both keys
work until you delete the old one there. Delete the file afterwards.
`,
  options: [
    { flags: '--key <file>', description: 'the new private key, as PEM or base64 of PEM' },
    waitOption,
    reasonOption,
    stackOption,
  ],
  async run(call) {
    const seconds = readSeconds(call);
    const file = call.options['key'];
    if (typeof file !== 'string')
      throw new UsageError('Give the new key: mayfly rotate-key --key path/to/key.pem');
    const privateKey = readKeyFile(file);
    const { vault, newApps, record } = setupDeps(call, await readOutputs(call));
    const stored = await needApp(vault);
    const fresh = keyFingerprint(privateKey);
    if (fresh === undefined)
      throw new UsageError(`${file} holds a broken key. Generate another one on GitHub.`);
    const old = keyFingerprint(stored.privateKey) ?? 'unreadable';
    if (old === fresh)
      throw new UsageError(`The key ${fresh} is already stored. Generate another one on GitHub.`);
    const known = await newApps.check({ appId: stored.appId, privateKey });
    if (!known.ok) {
      throw new UsageError(
        `This is not a key of App ${stored.appId}: ${known.why}. The stored key was not changed.`,
      );
    }
    const app = stored.appId;
    await record({ action: 'key-rotated', before: { app, key: old }, after: { app, key: fresh } });
    await vault.storeApp({ ...stored, privateKey });
    call.io.out(
      `GitHub accepts the key ${fresh} for ${known.value.name}. It is stored.\nWaiting ${seconds} s until every function has read it …\n`,
    );
    await sleep(seconds * 1000);
    call.io.out(`Now delete the key ${old} on the App's settings page, and ${file} here.\n`);
    return 0;
  },
};
