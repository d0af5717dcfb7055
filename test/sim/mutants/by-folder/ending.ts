/** Deliberate faults in lib/app/ending. */
import { type Mutant, mutant } from '../mutant.ts';

export const endingMutants: readonly Mutant[] = [
  mutant(
    'no-poke-after-a-release',
    'Waiting jobs are not notified when a lease is freed.',
    'lib/app/ending/end-runners.ts',
    'await Promise.all([...tenants].map((installationId) => pokeWaiting(deps, installationId)));',
    'void tenants;\n  void pokeWaiting;',
  ),
  mutant(
    'recorded-after-the-close',
    "A machine's usage is recorded only after its row is closed, so a crash in between loses the record.",
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
    "A usage record's key includes the time of the end, so recording the end again adds a second record.",
    'lib/app/ending/record-usage.ts',
    'const standing = await deps.usage.record(records);',
    'const standing = await deps.usage.record(records.map((record) => ({ ...record, launchedAt: record.endedAt })));',
  ),
  mutant(
    'recorded-as-planned',
    "A machine's usage names the job that it was launched for, not the one that GitHub gave it.",
    'lib/app/ending/record-usage.ts',
    'if (job?.runner === instanceId) return ranJobOf(job);',
    'if (job) return ranJobOf(job);',
  ),
  mutant(
    'freed-before-the-end',
    'A lease is freed before its machine is terminated.',
    'lib/app/ending/end-runners.ts',
    'const unknown = new Set(asked.length === 0 ? [] : await terminate(deps, asked));',
    'await closeRows(deps, endings, consoles);\n  const unknown = new Set(asked.length === 0 ? [] : await terminate(deps, asked));',
  ),
  mutant(
    'job-keeps-ended-machine',
    'A job keeps waiting for a machine that has ended.',
    'lib/app/ending/release-planned.ts',
    'await deps.jobs.waitAgain(job.installationId, job.jobId, job.lease, why, rest);',
    'void why;',
  ),
  mutant(
    'given-to-silent-machine',
    'A job is given to a machine that has long been silent.',
    'lib/app/ending/release-planned.ts',
    'if (!spare || isSilent(deps, spare)) return false;',
    'if (!spare || !isSilent) return false;',
  ),
  mutant(
    'spend-differs-from-record',
    "A lease is settled by the last report of its machine's end, while the record keeps the first one.",
    'lib/app/ending/record-usage.ts',
    'settlementOf(runner, standing[n]!)',
    'settlementOf(runner, standing.length > 0 ? records[n]! : standing[n]!)',
  ),
  mutant(
    'shared-room-not-announced',
    'Tenants that wait for a shared cap are not notified when another tenant frees a lease.',
    'lib/app/ending/end-runners.ts',
    'await wakeNextWaiters(',
    'if (!wakeNextWaiters) await wakeNextWaiters(',
  ),
  mutant(
    'spot-end-not-asked',
    'EC2 is not asked whether it interrupted a young spot machine.',
    'lib/app/ending/record-usage.ts',
    "reason === 'instance-ended' && mayBeFree(runner, endedAt))",
    "reason === 'instance-ended' && !mayBeFree(runner, endedAt))",
  ),
  mutant(
    'late-price-not-asked',
    'A spot machine without a price at launch does not get one at its end.',
    'lib/app/ending/find-late-prices.ts',
    'if (types.length === 0) return endings;',
    'if (types.length >= 0) return endings;',
  ),
  mutant(
    'free-whoever-ended-it',
    'Every young spot machine that ended by itself is free, whoever ended it.',
    'lib/app/ending/record-usage.ts',
    'found.filter(({ takenBack }) => takenBack).map(({ instanceId }) => instanceId)',
    'found.map(({ instanceId }) => instanceId)',
  ),
];
