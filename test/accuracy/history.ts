/**
 * One machine's end, told by several sources at once, in any order and more than once, while whoever carries it out dies at any call
 * to a table, before or after its effect. What ends the machine is the platform's own code; whoever died is called again, as a
 * queue would. The same for a seed.
 */
import { endRunners } from '../../lib/app/ending/end-runners.ts';
import type { Ending } from '../../lib/app/ending/ending.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { createRandom, type Random } from '../sim/random.ts';
import { acmeOf, type HistoryWorld, historyWorld } from './history-world.ts';

/** Puts a fault into the platform, to show that the check finds it. */
export type Spoil = (world: HistoryWorld) => void;

/** @returns what is wrong at its end, or on the way; undefined: one record, one lease back, and what was spent is the record's cost */
export async function runHistory(seed: number, spoil?: Spoil): Promise<string | undefined> {
  const random = createRandom(seed);
  const world = historyWorld(random);
  spoil?.(world);
  const faults: string[] = [];
  watch(world, { random, faults });
  const sources = Array.from({ length: random.between(1, 4) }, () => sourceOf(world, random));
  if (random.chance(0.5)) await Promise.all(sources.map((source) => deliver(world, source, random)));
  else for (const source of sources) await deliver(world, source, random);
  // The sweep, which looks until nothing is open.
  world.strikes = 0;
  world.compute.dials.failCalls = 0;
  await end(world, { reason: 'job-time-limit', proven: false });
  return faults[0] ?? finding(world);
}

type Word = Pick<Ending, 'reason' | 'proven' | 'doneJob' | 'ranJob'>;

/** Who tells of the end: GitHub that the job is done, EC2 that the machine is, or the sweep that it is overdue. */
function sourceOf({ runner, ranJob }: HistoryWorld, random: Random): Word {
  const completed = { reason: 'job-completed', proven: false, doneJob: runner.plannedJob, ranJob } as const;
  const words: readonly Word[] = [
    completed,
    { reason: 'instance-ended', proven: true },
    { reason: 'job-time-limit', proven: false },
  ];
  return words[random.between(0, words.length - 1)]!;
}

const mostDeliveries = 6;

async function deliver(world: HistoryWorld, word: Word, random: Random): Promise<void> {
  const again = random.chance(0.3) ? 2 : 1;
  for (let done = 0, tries = 0; done < again && tries < mostDeliveries; tries += 1) {
    world.clock.advance(random.between(1, 90_000));
    try {
      await end(world, word);
      done += 1;
    } catch (error) {
      // The queue delivers the message again.
      if (!(error instanceof Died || error instanceof OperationalError)) throw error;
    }
  }
}

async function end(
  { deps, runner: { installationId, instanceId } }: HistoryWorld,
  word: Word,
): Promise<void> {
  const runner = await deps.runners.get(installationId, instanceId);
  if (runner) await endRunners(deps, [{ runner, ...word }]);
}

class Died extends Error {
  override readonly name = 'Died';
}

/** Dies at some calls, lets others in between, and looks at the rows after each write. */
function watch(world: HistoryWorld, { random, faults }: { random: Random; faults: string[] }): void {
  const { store } = world;
  const strike = () => {
    if (world.strikes <= 0 || !random.chance(0.15)) return;
    world.strikes -= 1;
    throw new Died('It died here.');
  };
  store.beforeCall = async () => {
    for (let turns = random.between(0, 3); turns > 0; turns -= 1) await null;
    strike();
  };
  store.afterCall = () => {
    const isEnded = store.rows.runners.get(world.runner.instanceId)?.state === 'ended';
    if (isEnded && store.rows.usage.size === 0) faults.push('a lease was freed, but there is no record');
    if (store.rows.usage.size > 1) faults.push('a machine has two records');
    strike();
  };
}

function finding({ store, runner }: HistoryWorld): string | undefined {
  const { rows } = store;
  const records = [...rows.usage.values()];
  const tenant = acmeOf(rows);
  const [record] = records;
  if (rows.runners.get(runner.instanceId)?.state !== 'ended') return 'the machine is not closed';
  if (records.length !== 1 || !record) return `the machine has ${records.length} records`;
  if (tenant.leases !== 0) return `${tenant.leases} leases are held`;
  const cost = Object.values(record.cost).reduce((sum, one) => sum + one, 0);
  const spent = tenant.spent?.values().next().value ?? 0;
  return spent === cost ? undefined : `${spent} is counted as spent, and the record costs ${cost}`;
}
