/** What a function's death costs, wherever it dies: the longest wait of whatever it worked for. */
import { describe, expect, it } from '@jest/globals';
import type { FunctionName } from '../../lib/contract/functions.ts';
import { type CalmWorld, createCalmWorld, installationId, start } from './calm-world.ts';
import type { Death } from './program/process.ts';

/** Work without a row waits for its message: twice the function's 20 s, and a second or two for the calls. */
const messageSeconds = 45;
/** Work with a row waits for its launch's fence of 30 s, and then up to a minute for the sweep. */
const rowSeconds = 95;

/** No function makes more calls here before its work is done. */
const deaths: readonly Death[] = Array.from({ length: 16 }, (_, n) => [
  { atCall: n + 1, arrives: false },
  { atCall: n + 1, arrives: true },
]).flat();

/** The function's first run that begins once this is armed. */
function dyingOnce(name: FunctionName, death: Death) {
  let isDue = false;
  return {
    arm: () => {
      isDue = true;
    },
    deathOf: (started: FunctionName): Death | undefined => {
      if (started !== name || !isDue) return undefined;
      isDue = false;
      return death;
    },
  };
}

/** From now until the condition holds, at most five minutes. */
async function secondsUntil(world: CalmWorld, isSo: () => boolean): Promise<number> {
  const before = world.scheduler.now();
  const elapsed = () => (world.scheduler.now() - before) / 1000;
  const beginning = Math.floor((before - start) / 1000);
  for (let second = 1; second <= 300 && !isSo(); second++) await world.runUntil(beginning + second);
  return elapsed();
}

async function worst(wait: (death: Death) => Promise<number>): Promise<number> {
  const waits: number[] = [];
  for (const death of deaths) waits.push(await wait(death));
  return Math.max(...waits);
}

describe('a crash', () => {
  it('lets a job wait at most a minute and a half for its machine, wherever scale-up dies', async () => {
    const longest = await worst(async (death) => {
      const dying = dyingOnce('scale-up', death);
      const world = createCalmWorld({ seed: 1, maxRunners: 2, deathOf: dying.deathOf });
      await world.addTenant();
      // This long after a sweep, the next sweep comes just too early for work that is due then.
      await world.runUntil(60 + 31);
      dying.arm();
      world.queueJob(10);
      return secondsUntil(world, () => world.auditor.ledger.machines.size > 0);
    });
    expect(longest).toBeLessThanOrEqual(rowSeconds);
  });

  it('delays the return of a lease by at most 45 s, wherever lifecycle dies', async () => {
    const longest = await worst(async (death) => {
      const dying = dyingOnce('lifecycle', death);
      const goesOn = { mood: 'calm', strikes: (name: string) => name === 'hostile' } as const;
      const world = createCalmWorld({
        seed: 1,
        maxRunners: 2,
        deathOf: dying.deathOf,
        faults: { ...goesOn, stop: () => undefined, describe: () => 'hostile' },
      });
      await world.addTenant();
      world.queueJob(60);
      const isOver = () =>
        [...world.auditor.ledger.worldJobs.values()].some((job) => job.status === 'completed');
      await secondsUntil(world, isOver);
      dying.arm();
      return secondsUntil(world, () => world.rows.tenants.get(installationId)?.leases === 0);
    });
    expect(longest).toBeLessThanOrEqual(messageSeconds);
  });

  it('delays the row of an installation by at most 45 s, wherever the tenant manager dies', async () => {
    const longest = await worst(async (death) => {
      const dying = dyingOnce('tenant-manager', death);
      const world = createCalmWorld({ seed: 1, maxRunners: 2, deathOf: dying.deathOf });
      dying.arm();
      world.webhooks.installation('installation.created', installationId);
      return secondsUntil(world, () => world.rows.tenants.has(installationId));
    });
    expect(longest).toBeLessThanOrEqual(messageSeconds);
  });
});
