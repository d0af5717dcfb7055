/** Deliberate faults in lib/app/ending. */
import { type Mutant, mutant } from '../mutant.ts';

export const endingMutants: readonly Mutant[] = [
  mutant(
    'no-poke-after-a-release',
    'Who waits is not told that a lease is free.',
    'lib/app/ending/end-runners.ts',
    'await Promise.all([...tenants].map((installationId) => pokeWaiting(deps, installationId)));',
    'void tenants;\n  void pokeWaiting;',
  ),
  mutant(
    'recorded-after-the-close',
    'What a machine was used for is written only once its row is closed, so that a death in between loses it.',
    'lib/app/ending/end-runners.ts',
    `    const spends = await recordUsage(deps, open, jobs);
    const at = deps.clock.now();
    const ends = open.map((ending, n) => ({ ...endOf(ending, consoles), at, spend: spends[n]! }));
    const { outcomes, failed } = await endByTenant(deps, ends);`,
    `    const at = deps.clock.now();
    const ends = open.map((ending) => ({ ...endOf(ending, consoles), at }));
    const { outcomes, failed } = await endByTenant(deps, ends);
    await recordUsage(deps, open, jobs);`,
  ),
  mutant(
    'recorded-by-its-end',
    'The key of a record has the time of the end in it, so that an end that is written again is a second record.',
    'lib/app/ending/record-usage.ts',
    'const standing = await deps.usage.record(records);',
    'const standing = await deps.usage.record(records.map((record) => ({ ...record, launchedAt: record.endedAt })));',
  ),
  mutant(
    'recorded-as-planned',
    'A machine is recorded with the job that it was meant for, whatever GitHub gave it.',
    'lib/app/ending/record-usage.ts',
    'if (job?.runner === instanceId) return ranJobOf(job);',
    'if (job) return ranJobOf(job);',
  ),
  mutant(
    'freed-before-the-end',
    'A lease goes back before its machine is terminated.',
    'lib/app/ending/end-runners.ts',
    'const unknown = new Set(asked.length === 0 ? [] : await terminate(deps, asked));',
    'await closeRows(deps, endings, consoles);\n  const unknown = new Set(asked.length === 0 ? [] : await terminate(deps, asked));',
  ),
  mutant(
    'job-not-let-go',
    'A job goes on counting on a machine that has ended.',
    'lib/app/ending/release-planned.ts',
    'await deps.jobs.waitAgain(job.installationId, job.jobId, job.lease, why, rest);',
    'void why;',
  ),
  mutant(
    'spend-settled-by-a-second-word',
    'A lease is settled by what its last writer found of the end, and the record keeps what the first one found.',
    'lib/app/ending/record-usage.ts',
    'settlementOf(runner, standing[n]!)',
    'settlementOf(runner, standing.length > 0 ? records[n]! : standing[n]!)',
  ),
  mutant(
    'nobody-called-up',
    'Who waits for a cap over all tenants is not told that another tenant left room.',
    'lib/app/ending/end-runners.ts',
    'await wakeNextWaiters(',
    'if (!wakeNextWaiters) await wakeNextWaiters(',
  ),
  mutant(
    'spot-end-not-asked',
    'Nobody asks EC2 whether it took a young spot machine back.',
    'lib/app/ending/record-usage.ts',
    "reason === 'instance-ended' && mayBeFree(runner, endedAt))",
    "reason === 'instance-ended' && !mayBeFree(runner, endedAt))",
  ),
  mutant(
    'late-price-not-asked',
    'A spot machine that had no price as it was recorded stays without one.',
    'lib/app/ending/find-late-prices.ts',
    'if (types.length === 0) return endings;',
    'if (types.length >= 0) return endings;',
  ),
  mutant(
    'free-whoever-ended-it',
    'Every young spot machine that ended by itself costs nothing, whoever ended it.',
    'lib/app/ending/record-usage.ts',
    'found.filter(({ takenBack }) => takenBack).map(({ instanceId }) => instanceId)',
    'found.map(({ instanceId }) => instanceId)',
  ),
];
