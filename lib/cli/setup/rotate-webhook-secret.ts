/**
 * `mayfly rotate-webhook-secret`: a new secret without losing an event. First the functions read the new secret, and
 * still accept the old one. GitHub signs with the new one only when every copy has read it. The command may be run
 * again wherever it stopped.
 */
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../adapters/system/clock.ts';
import { type Rotated, rotateWebhookSecret as rotate } from '../../app/setup/rotate-webhook-secret.ts';
import { type Command, UsageError } from '../command.ts';
import { outlines } from '../outlines.ts';
import { reasonOption } from '../tenants/tenant-options.ts';
import { readOutputs } from './deployment-outputs.ts';
import { needApp, setupDeps } from './deps.ts';
import { readSeconds, spreadSeconds, waitOption } from './spread.ts';
import { stackOption } from './stack-option.ts';

export const rotateWebhookSecret: Command = {
  ...outlines['rotate-webhook-secret'],
  details: `
It sets the stored secret on GitHub once more, stores a new one, waits ${spreadSeconds / 60} minutes until every function has read
it, and then sets the new one on GitHub.

The platform keeps accepting the old secret until the next rotation: if the old secret has leaked, run this twice.
If it was interrupted, run it again: it first makes GitHub sign with the stored secret, so that no event is
refused. It also sets the webhook's URL on GitHub, which fixes an App whose webhook has another URL.
`,
  options: [waitOption, reasonOption, stackOption],
  async run(call) {
    const seconds = readSeconds(call);
    const deps = setupDeps(call, await readOutputs(call));
    const app = await needApp(deps.vault);
    const rotated = await rotate(
      { ...deps, clock: systemClock },
      {
        app,
        secret: randomBytes(36).toString('base64url'),
        spreadMilliseconds: seconds * 1000,
        waiting: (why, milliseconds) =>
          call.io.out(
            `${waits[why]} in ${Math.ceil(milliseconds / 1000)} s, once every function has read it …\n`,
          ),
      },
    );
    if (rotated.ended !== 'done') throw new UsageError(explain(rotated));
    call.io.out('GitHub signs with the new secret.\n');
    return 0;
  },
};

const waits = {
  'stored-is-young': 'The stored secret is new. GitHub gets it',
  'new-is-stored': 'The new secret is stored. GitHub gets it',
} as const;

function explain(rotated: Exclude<Rotated, { ended: 'done' }>): string {
  switch (rotated.ended) {
    case 'kept':
      return `GitHub did not accept the stored secret (${rotated.why}). Nothing was changed. Fix that and run the command again.`;
    case 'stored':
      return (
        `GitHub did not accept the new secret (${rotated.why}). The platform accepts both the old and the new one. Run ` +
        'the command again: it first sets the stored secret on GitHub.'
      );
    case 'overtaken':
      return (
        'Somebody else stored a webhook secret in the meantime, so this run stopped. If somebody else is running the command, ' +
        'let them finish. Otherwise run it again.'
      );
  }
}
