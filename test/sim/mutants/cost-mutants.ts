/** Deliberate faults of what machines cost: prices of spot machines, EC2's first hour, and the sums of past days. */
import type { Mutant } from './list.ts';

const mutant = (name: string, fault: string, file: string, from: string, to: string): Mutant => ({
  name,
  fault,
  changes: [{ file, from, to }],
});

export const costMutants: readonly Mutant[] = [
  mutant(
    'overrun-not-counted',
    'A machine that EC2 does not end counts no more than was expected of it, for as long as it lives.',
    'lib/app/sweep/sweep-machines.ts',
    'if (more === undefined || !(await',
    'if (more === undefined || more.expected > 0 || !(await',
  ),
  mutant(
    'older-leases-count-little',
    'Under strict caps, leases that were taken before count what was usual.',
    'lib/core/spend-bound.ts',
    'if (cost.strict && counted >= overrun + reserve.longestIn(period)) return byCount;',
    'if (cost.strict && counted >= 0) return byCount;',
  ),
  mutant(
    'overrun-settled-late',
    'What a machine counts beyond the longest life stays counted once it has ended.',
    'lib/core/spend.ts',
    'const overrun = cost?.overrun === undefined ? {} : { overrun: cost.overrun };',
    'const overrun = cost?.overrun === undefined ? {} : { overrun: 0 };',
  ),
  mutant(
    'spot-price-of-any-zone',
    'A spot machine gets the price of whichever pool EC2 named first.',
    'lib/app/common/bind-rows.ts',
    'zone === undefined ? undefined : prices.get(spotPool(instance.instanceType, zone))',
    'zone === undefined ? undefined : [...prices.values(), prices.get(spotPool(instance.instanceType, zone))][0]',
  ),
  mutant(
    'spot-price-kept-for-an-hour',
    'A copy remembers spot prices for an hour, while they move.',
    'lib/adapters/ec2/spot-prices.ts',
    'const keptMilliseconds = 600_000;',
    'const keptMilliseconds = 3_600_000;',
  ),
  mutant(
    'lost-spot-price-is-nothing',
    'A spot machine whose price could not be asked costs nothing, without a word.',
    'lib/app/common/bind-rows.ts',
    'zone === undefined ? undefined : prices.get(spotPool(instance.instanceType, zone))',
    'zone === undefined ? undefined : (prices.get(spotPool(instance.instanceType, zone)) ?? 0)',
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
  mutant(
    'sums-saved-before-written',
    "That a tenant's sums are written is noted before they are.",
    'lib/app/reconciler/roll-up-usage.ts',
    '    await usage.write(day, installationId, bounded(sums));',
    '    await usage.save(day, progress, { finished, after: installationId });\n    await usage.write(day, installationId, bounded(sums));',
  ),
  mutant(
    'second-sums-of-the-rest-alone',
    'The second making of a day goes on where the first one was resumed, and leaves out the tenants before.',
    'lib/app/reconciler/roll-up-usage.ts',
    'save(day, progress, { finished: finished + 1 })',
    'save(day, progress, { ...progress, finished: finished + 1 })',
  ),
  mutant(
    'sums-without-a-second-making',
    'A day is summed up once, before late words on its jobs can have come.',
    'lib/core/roll-up-plan.ts',
    'return finished === 0 ? over : over + redeliveredMilliseconds;',
    'return over;',
  ),
];
