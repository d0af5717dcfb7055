/** Deliberate faults in lib/app/reconciler. */
import { type Mutant, mutant } from '../mutant.ts';

export const reconcilerMutants: readonly Mutant[] = [
  mutant(
    'compared-without-what-is-held',
    "The current day's spend is corrected from the records alone, without the leases still held.",
    'lib/app/reconciler/compare-spent.ts',
    'recorded + (held?.expected.get(day) ?? 0);',
    'recorded + 0 * (held?.expected.get(day) ?? 0);',
  ),
  {
    name: 'no-catching-up',
    fault: 'A tenant that is back from a suspension is visited like any other, without catching up.',
    changes: [
      {
        file: 'lib/app/reconciler/adopt-job.ts',
        from: 'marks.backlog ??= {};',
        to: 'void marks;',
      },
      {
        file: 'lib/app/reconciler/reconcile-tenants.ts',
        from: 'if (isBack || isToldBack) marks.backlog = {};',
        to: '',
      },
    ],
  },
  mutant(
    'ban-refusals-stay-refused',
    'Jobs refused during a ban stay refused after it, although GitHub still has them queued.',
    'lib/app/reconciler/adopt-job.ts',
    "if (known && known.state !== 'blocked' && !isRefusalOutdated(tenant, known)) return;",
    "if (known && known.state !== 'blocked') return;",
  ),
  mutant(
    'kept-group-only-grows',
    'A managed runner group gets missing repositories, but never loses those no longer allowed.',
    'lib/app/reconciler/keep-group.ts',
    'const changes = [...missing, ...extra].slice(0, groupChangesPerVisit);',
    'void extra;\n  const changes = missing.slice(0, groupChangesPerVisit);',
  ),
  mutant(
    'kept-group-unrecorded',
    'A managed runner group is changed before the audit record: a crash in between leaves no record.',
    'lib/app/reconciler/keep-group.ts',
    'await audit.recordGroupChange({ installationId, login, at, group, before, after: wanted });',
    'void { audit, login, at, group, before };',
  ),
  mutant(
    'sums-saved-before-written',
    "A tenant's sums are marked as written before they are.",
    'lib/app/reconciler/roll-up-usage.ts',
    '    after = installationId;',
    '    after = installationId;\n    await save(deps, { ...soFar(), isWhole: false });',
  ),
  mutant(
    'second-sums-of-only-the-rest',
    'The second summing-up of a day starts where the first one resumed, and skips earlier tenants.',
    'lib/app/reconciler/roll-up-usage.ts',
    '{ finished: finished + 1, ...skipped }',
    '{ ...progress, finished: finished + 1, ...skipped }',
  ),
  mutant(
    'missing-machines-left-alone',
    'A machine that EC2 no longer lists holds its lease until its deadline.',
    'lib/app/reconciler/report-absent.ts',
    '  await report(deps, due);',
    '  await report(deps, []);',
  ),
  {
    name: 'missing-machines-believed-gone',
    fault: 'A machine that EC2 does not know counts as ended at once, and is not told to end.',
    changes: [
      {
        file: 'lib/app/reconciler/report-absent.ts',
        from: 'state !== undefined || now >=',
        to: 'state === undefined || now >=',
      },
      {
        file: 'lib/app/reconciler/report-absent.ts',
        from: '(await deps.compute.terminate(unknown)).unknown',
        to: 'unknown',
      },
    ],
  },
  mutant(
    'missing-machines-of-one-page',
    'Every run asks EC2 about the machines of the same launches: the first ones.',
    'lib/app/reconciler/report-absent.ts',
    'const page = await readPage(deps, walk.from);',
    'const page = await readPage(deps, 0);',
  ),
  mutant(
    'suspended-tenants-not-asked-about',
    'A tenant that GitHub suspended is not asked about again: if the end of it went unheard, it stays suspended.',
    'lib/app/reconciler/look-after-tenant.ts',
    "  if (tenant.status === 'suspended' && tenant.suspendedBy === 'github')",
    "  if (tenant.status === 'pending' && tenant.suspendedBy === 'github')",
  ),
];
