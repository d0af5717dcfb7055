/**
 * Spend caps as an operator sets them and a tenant meets them: jobs start up to the cap, the next one is held with its amounts
 * and its date, a higher cap starts it, and where no machine runs whose end could make room, jobs over the cap are refused.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../lib/cli/run-command.ts';
import config from '../../mayfly.config.ts';
import { commands } from '../cli/commands.ts';
import { recordingIo } from '../cli/support.ts';
import { type Account, endlessMilliseconds, startWorld, tierLabels, type World } from './support/world.ts';

describe('a spend cap', () => {
  let world: World;
  let acme: Account;
  /** What one small machine may cost, in dollars, as the platform says. */
  let perMachine = 0;
  let running: number[] = [];
  beforeAll(async () => {
    world = await startWorld({ config: { ...config, caps: { ...config.caps, overSpend: 'refuse' } } });
    acme = await world.install('acme', { maxRunners: 9 });
  });
  afterAll(() => world?.close());

  /** As npx mayfly, against this laptop. */
  async function mayfly(...args: string[]) {
    const { io, printed } = recordingIo();
    const { endpointUrl, operatorCredentials: keys } = world.laptop;
    const environment = {
      AWS_ENDPOINT_URL: endpointUrl,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    };
    const status = await runCommand(commands, args, { config, io, environment });
    const { out, error } = printed();
    return { status, out, error };
  }

  const set = (...options: string[]) => mayfly('tenant', 'set', 'acme', ...options, '--reason', 'a contract');
  const textOf = (row: { reason?: unknown } | undefined) => String((row?.reason as { text?: unknown })?.text);
  const queue = () => world.queue(acme, tierLabels('small'), endlessMilliseconds);

  it('below the cost of one machine refuses a job immediately, if so configured, and shows the cost of one', async () => {
    expect(await set('--daily-cap', '0.01', '--spend-strict', 'on', '--tier-limit', 'small=9')).toMatchObject(
      { status: 0 },
    );
    const jobId = queue();
    const row = await world.untilJob(acme, jobId, { state: 'done', reason: 'spend-cap' });
    expect(row).toMatchObject({ outcome: 'refused' });
    // GitHub has it queued still, and would give it the next machine.
    world.laptop.github.cancelJob(jobId);
    await world.untilCompleted([jobId]);
    const said = /daily spend cap \(daily_cap\) of \$0\.01\d*, and .* may cost \$(\d+\.\d+)/;
    expect(textOf(row)).toMatch(said);
    perMachine = Number(said.exec(textOf(row))?.[1]);
    expect(perMachine).toBeGreaterThan(0.01);
  });

  it('starts as many jobs as it has room for, and holds the next one with amounts and date', async () => {
    const cap = (perMachine * 2.5).toFixed(2);
    expect(await set('--daily-cap', 'none', '--spend-cap', cap)).toMatchObject({ status: 0 });
    running = [queue(), queue()];
    await world.untilRunning(running);
    const held = queue();
    const row = await world.untilJob(acme, held, { state: 'waiting', reason: 'spend-cap' });
    expect(textOf(row)).toMatch(
      /acme has used or reserved (all|more than \$\d+\.\d+) of the \$\d+\.\d+ of its monthly spend cap \(spend_cap\) for \d{4}-\d\d, .* starts on \d{4}-\d\d-01 \(UTC\)/,
    );
    expect(await mayfly('explain', String(held))).toMatchObject({
      out: expect.stringMatching(/spend-cap.*monthly spend cap \(spend_cap\).*--spend-cap DOLLARS/s),
    });
    expect((await mayfly('tenant', 'show', 'acme')).out).toContain(`$${cap}`);
    running.push(held);
  });

  it('that is raised starts the job that it held', async () => {
    expect(await set('--spend-cap', (perMachine * 9).toFixed(2))).toMatchObject({ status: 0 });
    await world.untilRunning(running);
  });

  it('counts the actual cost of machines once they have ended', async () => {
    for (const jobId of running) world.laptop.github.cancelJob(jobId);
    await world.untilCompleted(running);
    await world.untilRest();
    const row = (await world.tenant(acme)) ?? {};
    const counted = Object.entries(row).filter(([name]) => /^spent_\d{4}-\d\d$/.test(name));
    const spent = counted.reduce((sum, [, micros]) => sum + Number(micros), 0);
    const { total } = JSON.parse((await mayfly('costs', '--format', 'json')).out) as {
      total: { total: number };
    };
    expect(spent).toBeGreaterThan(0);
    expect(spent).toBe(total.total);
    expect(spent).toBeLessThan(perMachine * 1_000_000);
    expect(world.trouble()).toEqual([]);
  });
});
