/**
 * `mayfly rotate-webhook-secret`: a new secret without losing an event. The functions learn the new one first, while the
 * old one stays good; only when every copy must have read it is GitHub told to sign with it.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, UsageError } from '../command.ts';
import { readOutputs, stackHelp, stackOption } from './deployment-outputs.ts';
import { needApp, setupDeps } from './deps.ts';
import { readSeconds, spreadSeconds } from './spread.ts';

export const rotateWebhookSecret: Command = {
  name: 'rotate-webhook-secret',
  summary: 'a new webhook secret, without losing an event',
  help: `
mayfly rotate-webhook-secret    stores a new secret, waits ${spreadSeconds / 60} minutes until every function knows it, and tells GitHub

Until GitHub signs with the new secret the old one is taken too, and for the time after that as well: run it twice if the
old secret has leaked. --wait SECONDS changes the wait. GitHub is told the webhook's address as well, so this also mends an
App whose webhook goes elsewhere.

${stackHelp}
`,
  options: { wait: { type: 'string', default: String(spreadSeconds) }, ...stackOption },
  async run(call) {
    const seconds = readSeconds(call);
    const { vault, newApps, webhookUrl } = setupDeps(call, await readOutputs(call));
    const app = await needApp(vault);
    const secret = randomBytes(36).toString('base64url');
    await vault.storeWebhookSecret(secret);
    call.io.out(
      `The new secret is stored; GitHub is told in ${seconds} s, when every function has read it …\n`,
    );
    await sleep(seconds * 1000);
    const told = await newApps.connectWebhook(app, { url: webhookUrl, secret });
    if (!told.ok) {
      throw new UsageError(
        `GitHub was not told (${told.why}). Both secrets are taken as before; run the command again, or set the new one on the App's settings page.`,
      );
    }
    call.io.out('GitHub signs with the new secret.\n');
    return 0;
  },
};
