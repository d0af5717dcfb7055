/** Deliberate faults in lib/app/launch. */
import { type Mutant, mutant } from '../mutant.ts';

export const launchMutants: readonly Mutant[] = [
  mutant(
    'leases-freed-though-requested',
    'The sweep frees the leases of jobs that are gone, although EC2 may have been asked for their machines.',
    'lib/app/launch/resume-launch.ts',
    'const unrecorded = tagged.length === 0 ? await withoutRow(deps, held, gone) : [];',
    'const unrecorded = gone;\n  void withoutRow;',
  ),
  mutant(
    'changing-client-token',
    'A repeated launch has a new ClientToken, and launches a second set of machines.',
    'lib/app/launch/resume-launch.ts',
    'await deps.compute.launch(launch.request)',
    "await deps.compute.launch({ ...launch.request, ClientToken: launch.launchId + '-' + now })",
  ),
  mutant(
    'refused-resend-believed',
    'A refused call counts as proof that the call before it, whose answer was lost, failed, too.',
    'lib/app/launch/ask-for-machines.ts',
    "if (second.kind === 'answered') return second;",
    "if (second.kind !== 'unclear') return second;",
  ),
  mutant(
    'shown-taken-for-all',
    "When a launch's answer is lost twice, the machines that EC2 shows at once count as all of them.",
    'lib/app/launch/ask-for-machines.ts',
    'instances.length >= launch.plannedJobs.length',
    'instances.length >= 0',
  ),
  mutant(
    'unseen-taken-for-missing',
    "When a launch's answer is lost, machines that EC2 does not show yet count as missing.",
    'lib/app/launch/resume-launch.ts',
    'now < createdAt + absenceProofSeconds * 1000;',
    'now < createdAt - absenceProofSeconds * 1000;',
  ),
  mutant(
    'answer-not-written',
    'Machines get rows before their leases are recorded, so a freed lease is freed again.',
    'lib/app/launch/carry-out-launch.ts',
    'const answered = await answeredLaunch(deps, { launch, lookAt, instances: outcome.instances });\n  if (!answered) return;\n  await bindRows(deps, answered, outcome);',
    'await bindRows(deps, { ...launch, instances: placesOf(launch, outcome.instances) }, outcome);\n  const answered = await answeredLaunch(deps, { launch, lookAt, instances: outcome.instances });\n  if (!answered) return;',
  ),
];
