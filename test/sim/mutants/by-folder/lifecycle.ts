/** Deliberate faults in lib/app/lifecycle. */
import { type Mutant, mutant } from '../mutant.ts';

export const lifecycleMutants: readonly Mutant[] = [
  mutant(
    'freed-on-completed',
    "A job's completed event frees the lease of a machine that is still running.",
    'lib/app/lifecycle/follow-lifecycle.ts',
    "reason: 'job-completed',\n    proven: false,",
    "reason: 'job-completed',\n    proven: true,",
  ),
  mutant(
    'tenants-mixed-up',
    "One tenant's event affects another tenant's machine.",
    'lib/app/lifecycle/follow-lifecycle.ts',
    'return runner?.installationId === event.installationId ? runner : undefined;',
    'return runner;',
  ),
  mutant(
    'run-not-recorded',
    "The job that took another's machine is not recorded, so no one asks about it when the machine dies.",
    'lib/app/lifecycle/settle-start.ts',
    'const noted = await deps.runners.recordRan(runs);',
    'const noted = runs.map(() => true);',
  ),
  mutant(
    'late-start-not-settled',
    'A start that is reported after its machine ended leaves the job running.',
    'lib/app/lifecycle/settle-start.ts',
    'await Promise.all(lost.map((start) => leaveToSweep(deps, start)));',
    'void lost;\n  void leaveToSweep;',
  ),
  mutant(
    'blocked-never-asked',
    'GitHub is never asked about a job that waits for approval.',
    'lib/app/lifecycle/record-job-fact.ts',
    "state: 'blocked', unsettledAt: heardAt",
    "state: 'blocked'",
  ),
  mutant(
    'rerun-without-a-warning',
    'Every job that fails on a spot machine is re-run, whether or not EC2 interrupted the machine.',
    'lib/app/lifecycle/follow-spot-warning.ts',
    'if (!(await deps.notes.read([note], now)).has(note)) return;',
    'void note;',
  ),
  mutant(
    'unlisted-run-not-counted',
    'Nothing asks what a machine ran that ended after a job of a repository outside the installation.',
    'lib/app/lifecycle/ask-what-it-ran.ts',
    "if (runner.state !== 'listening'",
    "if (runner.state === 'listening'",
  ),
  mutant(
    'refused-start-dropped',
    'The start of a job that the platform had refused is ignored.',
    'lib/app/lifecycle/record-job-fact.ts',
    "const isTooLate = before && (isOverOnGitHub(before) || (before.state === 'done' && !before.tier));",
    "const isTooLate = before?.state === 'done';",
  ),
  mutant(
    'unserved-not-requeued',
    'A job whose machine went to another job keeps waiting for that machine, although none becomes free.',
    'lib/app/lifecycle/settle-start.ts',
    'if (start.runner && freesNoMachine(start)) await requeueUnservedJob(deps, start.runner);',
    'void freesNoMachine(start) === requeueUnservedJob;',
  ),
];
