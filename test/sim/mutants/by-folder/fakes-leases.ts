/** Deliberate faults in the stores in memory where leases are taken and counted, which stand for DynamoDB's transactions. */
import { type Mutant, mutant } from '../mutant.ts';

export const fakesLeasesMutants: readonly Mutant[] = [
  mutant(
    'take-without-the-tier',
    "The write that takes leases does not check the tier's own cap.",
    'test/fakes/launches.ts',
    'inTier + machines <= tierLimit(read, tier)',
    'inTier >= 0',
  ),
  mutant(
    'take-without-the-limit',
    "The write that takes leases does not check the tenant's limit.",
    'test/fakes/launches.ts',
    'tenant.leases + machines <= tenant.maxRunners &&',
    '',
  ),
  mutant(
    'take-for-the-suspended',
    "The write that takes leases does not check the tenant's status.",
    'test/fakes/launches.ts',
    "tenant.status === 'active' &&",
    '',
  ),
  mutant(
    'missing-leases-freed-twice',
    'Closing a launch that is already closed frees its missing leases again.',
    'test/fakes/launches.ts',
    "if (stored?.state !== 'answered') return;",
    "if (!stored || stored.state === 'intent') return;",
  ),
  mutant(
    'taken-without-its-count',
    'A launch is stored, but its leases are not counted.',
    'test/fakes/launches.ts',
    'countLeases(rows, { ...launch, capRows: caps.map(({ row }) => row) }, machines, spendOf(launch, machines));',
    'void countLeases;',
  ),
  mutant(
    'taken-without-its-row',
    'Leases are counted, but the launch that holds them is not stored.',
    'test/fakes/launches.ts',
    'rows.launches.set(launch.launchId, copyOf(launch));',
    'void copyOf;',
  ),
  mutant(
    'spend-of-missing-machines-kept',
    'The lease of a machine that never came is freed, but its expected cost stays counted as spent.',
    'test/fakes/launches.ts',
    'if (missing > 0) countLeases(rows, launch, -missing, unspentOf(stored, missing));',
    'if (missing > 0) countLeases(rows, launch, -missing);\n        void unspentOf;',
  ),
  mutant(
    'spend-cap-not-in-the-write',
    'Spend caps are checked before the write that takes leases, not by it.',
    'test/fakes/launches.ts',
    "if (!hasSpendRoom(tenant, read, launch)) return { kind: 'tenant-changed', tenant };",
    'void hasSpendRoom;',
  ),
  mutant(
    'spend-cap-as-it-was-read',
    'A launch that was planned before the operator lowered a spend cap still goes through.',
    'test/fakes/launches.ts',
    `    tenant.caps?.month === read.caps?.month &&
    tenant.caps?.day === read.caps?.day &&
    fits(tenant.caps?.month, month) &&
    fits(tenant.caps?.day, day)`,
    `    fits(read.caps?.month, month) &&
    fits(read.caps?.day, day)`,
  ),
  mutant(
    'settled-without-an-end',
    'Leases just taken, or whose machine never came, count as ended machines.',
    'test/fakes/lease-counts.ts',
    'if (spend.life !== undefined) ended.set(day, (ended.get(day) ?? 0) + 1);',
    'ended.set(day, (ended.get(day) ?? 0) + 1);',
  ),
  mutant(
    'lives-halved-by-each-copy',
    'When two copies plan from the same row, each of them halves the counts of earlier months.',
    'test/fakes/launches.ts',
    'if (fade && tenant.livesFaded?.get(launch.tier) !== fade.from)',
    'if (fade && fade.from === 0)',
  ),
  mutant(
    'limit-read-before',
    "The write does not check that the tenant's limit is still the one that was read.",
    'test/fakes/launches.ts',
    'tenant.maxRunners === read.maxRunners &&\n    tenant.leases + machines <= tenant.maxRunners &&',
    'tenant.leases + machines <= read.maxRunners &&',
  ),
  mutant(
    'tier-limit-read-before',
    'The write does not check that the plan and the tier limit are still those that were read.',
    'test/fakes/launches.ts',
    'tenant.tier === read.tier &&\n    tenant.tierLimits?.get(tier.name) === read.tierLimits?.get(tier.name) &&',
    '',
  ),
  mutant(
    'shared-cap-not-in-the-write',
    'Planning respects the shared caps, but the write does not: two tenants at once can exceed them.',
    'test/fakes/launches.ts',
    'const full = caps.find((cap) => !hasCapRoom(rows, cap, machines));',
    'const full = caps.find((cap) => !hasCapRoom(rows, cap, 0 * machines));',
  ),
  mutant(
    'shared-lease-never-freed',
    "A tenant's lease is freed, but the shared cap still counts it.",
    'test/fakes/lease-counts.ts',
    'for (const key of capRows) countInCap(rows, key, leases);',
    'if (leases > 0) for (const key of capRows) countInCap(rows, key, leases);',
  ),
  mutant(
    'policy-not-in-the-take',
    'Leases are taken for jobs that were admitted under a policy that has changed since.',
    'test/fakes/launches.ts',
    "if (tenant.admissionEpoch !== read.admissionEpoch) return { kind: 'tenant-changed', tenant };",
    '',
  ),
];
