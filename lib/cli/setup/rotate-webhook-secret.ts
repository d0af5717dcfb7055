/**
 * `mayfly rotate-webhook-secret`: a new secret without losing an event. The functions learn the new one first, while the
 * old one stays good; only when every copy must have read it is GitHub told to sign with it. Run again after any end.
 */
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../adapters/system/clock.ts';
import { type Rotated, rotateWebhookSecret as rotate } from '../../app/setup/rotate-webhook-secret.ts';
import { type Command, UsageError } from '../command.ts';
import { readOutputs, stackHelp, stackOption } from './deployment-outputs.ts';
import { needApp, setupDeps } from './deps.ts';
import { readSeconds, spreadSeconds } from './spread.ts';

export const rotateWebhookSecret: Command = {
  name: 'rotate-webhook-secret',
  summary: 'a new webhook secret, without losing an event',
  help: `
mayfly rotate-webhook-secret    tells GitHub the stored secret once more, stores a new one, waits ${spreadSeconds / 60} minutes until
                                every function knows it, and tells GitHub

Until GitHub signs with the new secret the old one is taken too, and for the time after that as well: run it twice if the
old secret has leaked. If it broke off, run it again: it first has GitHub sign with what is stored, so no event is refused.
--wait SECONDS changes the wait. GitHub is told the webhook's address as well, so this also mends an App whose webhook goes
elsewhere.

${stackHelp}
`,
  options: { wait: { type: 'string', default: String(spreadSeconds) }, ...stackOption },
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
            `${waits[why]} in ${Math.ceil(milliseconds / 1000)} s, when every function has read it …\n`,
          ),
      },
    );
    if (rotated.ended !== 'done') throw new UsageError(explain(rotated));
    call.io.out('GitHub signs with the new secret.\n');
    return 0;
  },
};

const waits = {
  'stored-is-young': 'The stored secret is young; GitHub is told it',
  'new-is-stored': 'The new secret is stored; GitHub is told',
} as const;

function explain(rotated: Exclude<Rotated, { ended: 'done' }>): string {
  switch (rotated.ended) {
    case 'kept':
      return `GitHub was not told (${rotated.why}). Nothing was changed; run the command again once that is mended.`;
    case 'stored':
      return (
        `GitHub was not told (${rotated.why}). The old secret and the new one are both taken. Run the command again: ` +
        'it first tells GitHub what is stored.'
      );
    case 'overtaken':
      return (
        'Another webhook secret was stored meanwhile, so this run stopped. If somebody else runs the command too, leave ' +
        'it to them; otherwise run it again.'
      );
  }
}
