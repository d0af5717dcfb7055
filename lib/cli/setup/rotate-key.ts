/**
 * `mayfly rotate-key`: another private key of the same App, without losing an event. GitHub takes every key that the App
 * has, so the old one stays good until it is deleted there; this says when that is safe, and which one it is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, UsageError } from '../command.ts';
import { readOutputs, stackHelp, stackOption } from './deployment-outputs.ts';
import { needApp, readKeyFile, setupDeps } from './deps.ts';
import { keyFingerprint } from './key-fingerprint.ts';
import { readSeconds, spreadSeconds } from './spread.ts';

export const rotateKey: Command = {
  name: 'rotate-key',
  summary: 'another private key for the App, without losing an event',
  help: `
mayfly rotate-key --key app.pem    tries the new key at GitHub, stores it, waits ${spreadSeconds / 60} minutes until every function
                                   has read it, and says which key to delete at GitHub

First generate the key on the App's settings page, under Private keys. Both keys are good until the old one is deleted
there. The file is read as PEM or base64 of it; delete it afterwards. --wait SECONDS changes the wait.

${stackHelp}
`,
  options: {
    key: { type: 'string' },
    wait: { type: 'string', default: String(spreadSeconds) },
    ...stackOption,
  },
  async run(call) {
    const seconds = readSeconds(call);
    const file = call.options['key'];
    if (typeof file !== 'string') throw new UsageError('Which key? mayfly rotate-key --key path/to/key.pem');
    const privateKey = readKeyFile(file);
    const { vault, newApps } = setupDeps(call, await readOutputs(call));
    const stored = await needApp(vault);
    const [old, fresh] = [keyFingerprint(stored.privateKey), keyFingerprint(privateKey)];
    if (old === fresh) throw new UsageError(`The key ${fresh} is the one that is stored already.`);
    const known = await newApps.check({ appId: stored.appId, privateKey });
    if (!known.ok) {
      throw new UsageError(`This is no key of App ${stored.appId}: ${known.why}. The stored one stays.`);
    }
    await vault.storeApp({ ...stored, privateKey });
    call.io.out(
      `GitHub takes the key ${fresh} for ${known.value.name}; it is stored.\nIn ${seconds} s every function has read it …\n`,
    );
    await sleep(seconds * 1000);
    call.io.out(`Now delete the key ${old} on the App's settings page, and ${file} here.\n`);
    return 0;
  },
};
