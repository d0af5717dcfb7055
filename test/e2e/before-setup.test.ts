/**
 * Between the deploy and `mayfly setup` there is no App: nothing fails, nothing is believed, and one command later all of
 * it works, without a second deploy.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../lib/cli/run-command.ts';
import { setup } from '../../lib/cli/setup/setup.ts';
import config from '../../mayfly.config.ts';
import { browse } from '../cli/browse.ts';
import { recordingIo } from '../cli/support.ts';
import { startWorld, tierLabels, type World } from './support/world.ts';

describe('a deployment without an App', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ withoutApp: true });
  });
  afterAll(() => world?.close());

  it('accepts no webhook, and its scheduled functions raise no error', async () => {
    const installation = { id: 1, account: { id: 2, login: 'acme', type: 'Organization' } };
    const reply = await world.post('installation', { action: 'created', installation }, 'guessed');
    expect(reply.status).toBe(401);
    await world.sweep();
    await world.reconcile();
    expect(world.logged('app-missing')).toMatchObject([
      { level: 'info', why: expect.stringContaining('npx mayfly setup') },
    ]);
    expect(world.trouble()).toEqual([]);
  });

  it('works once setup has stored one, without another deploy', async () => {
    const { laptop } = world;
    const { io, printed } = recordingIo();
    const ending = runCommand([setup], ['setup'], {
      config,
      io,
      environment: {
        AWS_ENDPOINT_URL: laptop.endpointUrl,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    });
    await browse(printed);
    expect(await ending).toBe(0);

    const acme = await world.install('acme');
    const jobId = world.queue(acme, tierLabels('small'));
    await world.untilCompleted([jobId]);
    await world.untilRest();
    expect(world.trouble()).toEqual([]);
  });
});
