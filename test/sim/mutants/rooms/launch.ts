/** Deliberate faults in lib/app/launch. */
import { type Mutant, mutant } from '../mutant.ts';

export const launchMutants: readonly Mutant[] = [
  mutant(
    'given-back-though-asked',
    'The sweep gives back the leases of jobs that are gone, though EC2 may have been asked for their machines.',
    'lib/app/launch/resume-launch.ts',
    'const unrecorded = tagged.length === 0 ? await withoutRow(deps, held, gone) : [];',
    'const unrecorded = gone;\n  void withoutRow;',
  ),
  mutant(
    'changing-client-token',
    'A launch that is made again has another ClientToken, and buys a second set of machines.',
    'lib/app/launch/resume-launch.ts',
    'await deps.compute.launch(launch.request)',
    "await deps.compute.launch({ ...launch.request, ClientToken: launch.launchId + '-' + now })",
  ),
  mutant(
    'refused-resend-believed',
    'That a call is refused is taken for word of the one before it, whose answer was lost.',
    'lib/app/launch/ask-for-machines.ts',
    "if (second.kind === 'answered') return second;",
    "if (second.kind !== 'unclear') return second;",
  ),
  mutant(
    'shown-taken-for-all',
    'Of a launch whose answer was lost twice, what EC2 shows at once is taken for all that came.',
    'lib/app/launch/ask-for-machines.ts',
    'instances.length >= launch.plannedJobs.length',
    'instances.length >= 0',
  ),
  mutant(
    'unseen-taken-for-missing',
    'Of a launch whose answer was lost, machines that are not seen yet are taken for missing.',
    'lib/app/launch/resume-launch.ts',
    'return seen.now < launch.createdAt + absenceProofSeconds * 1000;',
    'void absenceProofSeconds;\n  return false;',
  ),
  mutant(
    'answer-not-written',
    'Machines get rows before it is on record which lease each has, and a lease that was freed goes back again.',
    'lib/app/launch/carry-out-launch.ts',
    'const answered = await answeredLaunch(deps, { launch, lookAt, instances: outcome.instances });\n  if (!answered) return;\n  await bindRows(deps, answered, outcome);',
    'await bindRows(deps, { ...launch, instances: placesOf(launch, outcome.instances) }, outcome);\n  const answered = await answeredLaunch(deps, { launch, lookAt, instances: outcome.instances });\n  if (!answered) return;',
  ),
];
