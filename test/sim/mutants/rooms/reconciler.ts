/** Deliberate faults in lib/app/reconciler. */
import { type Mutant, mutant } from '../mutant.ts';

export const reconcilerMutants: readonly Mutant[] = [
  mutant(
    'compared-without-what-is-held',
    'What is spent on the running day is corrected by the records alone, whatever is held.',
    'lib/app/reconciler/compare-spent.ts',
    'recorded + (held?.expected.get(day) ?? 0);',
    'recorded + 0 * (held?.expected.get(day) ?? 0);',
  ),
  {
    name: 'no-catching-up',
    fault: 'A tenant that is back from a suspension is looked at like any other.',
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
    'zombies-not-taken-up',
    'What was refused during a ban stays refused when it is lifted, though GitHub has it queued.',
    'lib/app/reconciler/adopt-job.ts',
    "if (known && known.state !== 'blocked' && !isRefusalOutdated(tenant, known)) return;",
    "if (known && known.state !== 'blocked') return;",
  ),
  mutant(
    'kept-group-only-grows',
    'A group that is kept in step is given what is missing, and never loses what is no longer allowed.',
    'lib/app/reconciler/keep-group.ts',
    'const changes = [...missing, ...extra].slice(0, groupChangesPerVisit);',
    'void extra;\n  const changes = missing.slice(0, groupChangesPerVisit);',
  ),
  mutant(
    'kept-group-unrecorded',
    'A group that is kept in step is changed before that is on record: a death in between leaves a change without one.',
    'lib/app/reconciler/keep-group.ts',
    'await audit.recordGroupChange({ installationId, login, at, group, before, after: wanted });',
    'void { audit, login, at, group, before };',
  ),
  mutant(
    'sums-saved-before-written',
    "That a tenant's sums are written is noted before they are.",
    'lib/app/reconciler/roll-up-usage.ts',
    '    after = installationId;',
    '    after = installationId;\n    await save(deps, { ...soFar(), isWhole: false });',
  ),
  mutant(
    'second-sums-of-the-rest-alone',
    'The second making of a day goes on where the first one was resumed, and leaves out the tenants before.',
    'lib/app/reconciler/roll-up-usage.ts',
    '{ finished: finished + 1, ...skipped }',
    '{ ...progress, finished: finished + 1, ...skipped }',
  ),
];
