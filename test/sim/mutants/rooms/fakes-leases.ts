/** Deliberate faults in the stores in memory where leases are taken and counted, which stand for DynamoDB's transactions. */
import { type Mutant, mutant } from '../mutant.ts';

export const fakesLeasesMutants: readonly Mutant[] = [
  mutant(
    'take-without-the-tier',
    "A tier's own cap is no condition of the write.",
    'test/fakes/launches.ts',
    'inTier + machines <= tierLimit(read, tier)',
    'inTier >= 0',
  ),
  mutant(
    'take-without-the-limit',
    "The tenant's limit is no condition of the write.",
    'test/fakes/launches.ts',
    'tenant.leases + machines <= tenant.maxRunners &&',
    '',
  ),
  mutant(
    'take-for-the-suspended',
    "The tenant's status is no condition of the write.",
    'test/fakes/launches.ts',
    "tenant.status === 'active' &&",
    '',
  ),
  mutant(
    'missing-counted-off-twice',
    'A launch that closed before counts off its missing leases when it closes again.',
    'test/fakes/launches.ts',
    "if (stored?.state !== 'answered') return;",
    "if (!stored || stored.state === 'intent') return;",
  ),
  mutant(
    'taken-without-its-count',
    'A launch is stored, and its leases are not counted.',
    'test/fakes/launches.ts',
    'countLeases(rows, { ...launch, capRows: caps.map(({ row }) => row) }, machines, spendOf(launch, machines));',
    'void countLeases;',
  ),
  mutant(
    'taken-without-its-row',
    'Leases are counted, and the launch that holds them is not stored.',
    'test/fakes/launches.ts',
    'rows.launches.set(launch.launchId, copyOf(launch));',
    'void copyOf;',
  ),
  mutant(
    'spend-of-missing-machines-kept',
    'The lease of a machine that did not come goes back, and its expected cost stays spent.',
    'test/fakes/launches.ts',
    'if (missing > 0) countLeases(rows, launch, -missing, unspentOf(stored, missing));',
    'if (missing > 0) countLeases(rows, launch, -missing);\n        void unspentOf;',
  ),
  mutant(
    'spend-cap-not-in-the-write',
    'Whether a spend cap has room is looked at before the write that takes leases, and not by it.',
    'test/fakes/launches.ts',
    "if (!hasSpendRoom(tenant, read, launch)) return { kind: 'tenant-changed', tenant };",
    'void hasSpendRoom;',
  ),
  mutant(
    'spend-cap-as-it-was-read',
    'A launch that was planned before the operator lowered a spend cap is taken all the same.',
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
    'Leases that are taken, or whose machine never came, count as machines that have ended.',
    'test/fakes/lease-counts.ts',
    'if (spend.life !== undefined) ended.set(day, (ended.get(day) ?? 0) + 1);',
    'ended.set(day, (ended.get(day) ?? 0) + 1);',
  ),
  mutant(
    'lives-halved-by-each-copy',
    'Two copies that plan by the same row each halve what was learned before this month.',
    'test/fakes/launches.ts',
    'if (fade && tenant.livesFaded?.get(launch.tier) !== fade.from)',
    'if (fade && fade.from === 0)',
  ),
  mutant(
    'limit-read-before',
    'The limit that was read is not compared with the one that holds.',
    'test/fakes/launches.ts',
    'tenant.maxRunners === read.maxRunners &&\n    tenant.leases + machines <= tenant.maxRunners &&',
    'tenant.leases + machines <= read.maxRunners &&',
  ),
  mutant(
    'tier-limit-read-before',
    'The plan and the limit for a tier that were read are not compared with those that hold.',
    'test/fakes/launches.ts',
    'tenant.tier === read.tier &&\n    tenant.tierLimits?.get(tier.name) === read.tierLimits?.get(tier.name) &&',
    '',
  ),
  mutant(
    'cap-over-all-not-minded',
    'The caps over all tenants are planned with, and not held to where two tenants take at once.',
    'test/fakes/launches.ts',
    'const full = caps.find((cap) => !hasCapRoom(rows, cap, machines));',
    'const full = caps.find((cap) => !hasCapRoom(rows, cap, 0 * machines));',
  ),
  mutant(
    'shared-lease-never-freed',
    "A tenant's lease goes back, and the cap over all tenants goes on counting it.",
    'test/fakes/lease-counts.ts',
    'for (const key of capRows) countInCap(rows, key, leases);',
    'if (leases > 0) for (const key of capRows) countInCap(rows, key, leases);',
  ),
  mutant(
    'policy-not-in-the-take',
    'Leases are taken for jobs that were admitted under a policy which has changed since.',
    'test/fakes/launches.ts',
    "if (tenant.admissionEpoch !== read.admissionEpoch) return { kind: 'tenant-changed', tenant };",
    '',
  ),
];
