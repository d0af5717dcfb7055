/** Deliberate faults in lib/app/lifecycle. */
import { type Mutant, mutant } from '../mutant.ts';

export const lifecycleMutants: readonly Mutant[] = [
  mutant(
    'freed-on-completed',
    "A job's word that it is done frees the lease of a machine that lives on.",
    'lib/app/lifecycle/follow-lifecycle.ts',
    "reason: 'job-completed',\n    proven: false,",
    "reason: 'job-completed',\n    proven: true,",
  ),
  mutant(
    'tenants-mixed-up',
    "An event of one tenant reaches another tenant's machine.",
    'lib/app/lifecycle/follow-lifecycle.ts',
    'return runner?.installationId === event.installationId ? runner : undefined;',
    'return runner;',
  ),
  mutant(
    'run-not-recorded',
    'Which job a machine took instead of its own is not noted, and so not asked about when it dies.',
    'lib/app/lifecycle/settle-start.ts',
    'const noted = await deps.runners.recordRan(runs);',
    'const noted = runs.map(() => true);',
  ),
  mutant(
    'start-not-settled',
    'A start that is told after the end of its machine leaves the job running.',
    'lib/app/lifecycle/settle-start.ts',
    'await Promise.all(lost.map((start) => leaveToSweep(deps, start)));',
    'void lost;\n  void leaveToSweep;',
  ),
  mutant(
    'blocked-never-asked',
    'Nobody asks about a job that waits for an approval.',
    'lib/app/lifecycle/record-job-fact.ts',
    "state: 'blocked', unsettledAt: heardAt",
    "state: 'blocked'",
  ),
  mutant(
    'rerun-without-a-warning',
    'Every job that fails on a spot machine is run again, whether or not EC2 took the machine back.',
    'lib/app/lifecycle/follow-spot-warning.ts',
    'if (!(await deps.notes.read([note], now)).has(note)) return;',
    'void note;',
  ),
  mutant(
    'unlisted-run-not-counted',
    'A machine that ran a job of a repository outside the installation is not asked about when it has ended.',
    'lib/app/lifecycle/ask-what-it-ran.ts',
    "if (reason !== 'instance-ended'",
    "if (reason === 'instance-ended'",
  ),
  mutant(
    'refused-start-dropped',
    'A start is dropped whose job the platform had refused.',
    'lib/app/lifecycle/record-job-fact.ts',
    "const isTooLate = before && (isOverOnGitHub(before) || (before.state === 'done' && !before.tier));",
    "const isTooLate = before?.state === 'done';",
  ),
  mutant(
    'unserved-not-requeued',
    'A job whose machine was taken by one that leaves none free counts on that machine on.',
    'lib/app/lifecycle/settle-start.ts',
    'if (start.runner && freesNoMachine(start)) await requeueUnservedJob(deps, start.runner);',
    'void freesNoMachine(start) === requeueUnservedJob;',
  ),
];
