/**
 * The days after a log: its days are over, the reconciler adds up their sums, and does so again when late events
 * have come. Runs overlap, take long, die at any call and fail; in the end one completes. This draws from its own
 * random generator.
 */
import { rollUpUsage } from '../../../lib/app/reconciler/roll-up-usage.ts';
import { rolledUpDays } from '../../../lib/contract/tables.ts';
import { dayOf } from '../../../lib/core/days.ts';
import { daysBefore, rollUpDueAt, rollUpPasses } from '../../../lib/core/roll-up-plan.ts';
import { OperationalError } from '../../../lib/ports/errors.ts';
import type { UsageLedger } from '../../../lib/ports/usage-ledger.ts';
import { checkRolledUp } from '../auditor/check-sums.ts';
import { createRandom, type Random } from '../random.ts';
import type { WorldDeps } from './context.ts';

type RollUpWorld = Pick<WorldDeps, 'ports' | 'scheduler' | 'auditor' | 'deployment' | 'log'>;

const hour = 3_600_000;

export async function rollUpDays(world: RollUpWorld, seed: number): Promise<void> {
  const { ports, scheduler, auditor, deployment } = world;
  const random = createRandom(seed * 6899 + 41);
  const first = daysOf(world)[0];
  if (first === undefined) return;
  // For the days before the run everything was done in time.
  for (const day of daysBefore(Date.parse(first), rolledUpDays))
    ports.stores.world.rows.rollUps.set(day, { finished: rollUpPasses });
  const last = await lastDay(world);
  for (let finished = 0; finished < rollUpPasses; finished += 1) {
    const dueAt = rollUpDueAt(last, finished, deployment.limits)!;
    await scheduler.runUntil(dueAt - 300_000);
    await visit(world, random, 'none');
    if (finished > 0) await sayLate(world, random);
    await scheduler.runUntil(dueAt + 5_000);
    for (let left = random.between(1, 5); left > 0; left -= 1) {
      const visits = Array.from({ length: random.between(1, 2) }, async () => {
        await scheduler.sleep(random.between(0, 20_000));
        await visit(world, random, 'some');
      });
      void Promise.all(visits);
      await scheduler.runUntil(scheduler.now() + random.between(5_000, 300_000));
    }
    // Each run of the reconciler ends by its time limit at the latest.
    await scheduler.runUntil(scheduler.now() + hour);
    await visit(world, random, 'none');
    await scheduler.runUntil(scheduler.now() + hour);
    checkRolledUp(auditor.ledger, finished + 1, auditor.note);
  }
  await visit(world, random, 'none');
  await scheduler.runUntil(scheduler.now() + hour);
  checkRolledUp(auditor.ledger, rollUpPasses, auditor.note);
}

/** The days on which machines were launched. */
const daysOf = ({ ports }: RollUpWorld): readonly string[] =>
  [...ports.stores.world.rows.usage.values()].map(({ launchedAt }) => dayOf(launchedAt)).toSorted();

/** A run is over as soon as nothing is left to do, but some jobs are queued only then: also after midnight. */
async function lastDay(world: RollUpWorld): Promise<string> {
  for (;;) {
    const last = daysOf(world).at(-1)!;
    await world.scheduler.runUntil(rollUpDueAt(last, 0, world.deployment.limits)! - 600_000);
    if (last === daysOf(world).at(-1)) return last;
  }
}

/** GitHub's report of how a job ended may come days later. */
async function sayLate({ ports, log }: RollUpWorld, random: Random): Promise<void> {
  for (const record of ports.stores.world.rows.usage.values()) {
    if (record.job?.conclusion !== undefined || !random.chance(0.8)) continue;
    const job = record.job ?? { jobId: 1_000_000_000 as never, repository: 'acme/late', workflow: 'late' };
    log.add(() => `late report about ${record.instanceId}`);
    await ports.stores.usage.addJob(record, { ...job, conclusion: 'success' });
  }
}

/** It is started without waiting for it: a process that dies never settles. */
async function visit(world: RollUpWorld, random: Random, faults: 'none' | 'some'): Promise<void> {
  const { ports, scheduler, auditor, deployment } = world;
  const usage = faulty(world, random, faults);
  const { telemetry, stores } = ports;
  const done = rollUpUsage({ deployment, usage, tenants: stores.tenants, telemetry, clock: scheduler });
  void done.catch((error: unknown) => auditor.thrown('roll-up', error));
  await Promise.resolve();
}

/** Calls that take long, fail before or after their effect, and one at which the run dies. */
function faulty(
  { ports, scheduler, log, auditor }: RollUpWorld,
  random: Random,
  faults: 'none' | 'some',
): UsageLedger {
  const { ledger } = ports.stores;
  const isBad = faults === 'some';
  const diesAt = isBad && random.chance(0.5) ? random.between(1, 8) : 0;
  const lastArrives = random.chance(0.5);
  const slowest = isBad ? random.pick([50, 2_000, 25_000]) : 50;
  let calls = 0;
  async function call<Answer>(name: string, effect: () => Promise<Answer>): Promise<Answer> {
    calls += 1;
    const isLast = calls === diesAt;
    if (calls > diesAt && diesAt > 0) return new Promise<never>(() => undefined);
    await scheduler.sleep(random.between(1, slowest));
    if (isLast && !lastArrives) return new Promise<never>(() => undefined);
    const fails = isBad && random.chance(0.08);
    if (fails && random.chance(0.5)) throw failure(name);
    const answer = await effect();
    log.add(() => `  roll-up ${name}${isLast ? ', and it dies' : ''}`);
    await scheduler.sleep(random.between(1, slowest));
    if (isLast) return new Promise<never>(() => undefined);
    if (fails) throw failure(name);
    return answer;
  }
  return {
    progress: (days) => call('progress', () => ledger.progress(days)),
    write: (day, id, sums) => call(`write ${day} ${id}`, () => ledger.write(day, id, sums)),
    save: (day, known, now) =>
      call(`save ${day} ${JSON.stringify(now)}`, async () => {
        const before = ports.stores.world.rows.rollUps.get(day)?.finished ?? 0;
        const saved = await ledger.save(day, known, now);
        const after = ports.stores.world.rows.rollUps.get(day)?.finished ?? 0;
        if (after < before)
          auditor.note('roll-up-count-fell', `${day} was summed up ${before} times, then ${after}`);
        return saved;
      }),
    comparison: () => call('comparison', () => ledger.comparison()),
    async *recordsOf(day, installationId) {
      const all = await call(`records ${day} ${installationId}`, async () => {
        const found = [];
        for await (const record of ledger.recordsOf(day, installationId)) found.push(record);
        return found;
      });
      yield* all;
    },
    async *recordsByTenant(day, after) {
      const all = await call(`records ${day}`, async () => {
        const found = [];
        for await (const record of ledger.recordsByTenant(day, after)) found.push(record);
        return found;
      });
      yield* all;
    },
  };
}

const failure = (name: string) =>
  new OperationalError(`${name} failed.`, { code: 'ServiceUnavailable', retryable: true });
