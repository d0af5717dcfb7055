/** Deliberate faults in the rules of lib/core/controllers. */
import { type Mutant, mutant } from '../mutant.ts';

export const coreControllersMutants: readonly Mutant[] = [
  mutant(
    'scopes-lost-with-any-answer',
    'A scope goes with its repository though the installation still reaches that.',
    'lib/core/controllers/lost-scopes.ts',
    'repositories?.get(target.repositoryId) === false',
    'repositories?.get(target.repositoryId) !== undefined',
  ),
  mutant(
    'failure-taken-for-admission',
    'A controller that gives no valid answer has admitted the job.',
    'lib/core/controllers/combine-votes.ts',
    "const failed = obeyed.filter(({ vote }) => vote.vote === 'failed');",
    "const failed = obeyed.filter(({ vote }) => vote.vote === 'reject');",
  ),
  mutant(
    'dry-run-blocks',
    'A controller in dry run is obeyed.',
    'lib/core/controllers/combine-votes.ts',
    'const obeyed = votes.filter(({ vote }) => vote.enforced);',
    'const obeyed = votes;',
  ),
  mutant(
    'scope-ignored',
    'A controller is asked about jobs outside its scopes, and obeyed.',
    'lib/core/controllers/who-judges.ts',
    'scopes.some(({ target }) => covers(target, job));',
    'scopes.some(({ target }) => covers(target, job) || true);',
  ),
  mutant(
    'answer-to-another-question',
    'An answer that has the id of another question counts.',
    'lib/core/controllers/callback-answer.ts',
    'if (given !== id)',
    'if (given === undefined)',
  ),
  mutant(
    'given-up-at-once',
    'A job is refused the first time that a controller gives no valid answer.',
    'lib/core/controllers/job-admission.ts',
    'const againSeconds = [30, 60, 120, 240, 480, 600];',
    'const againSeconds: number[] = [];',
  ),
  mutant(
    'silent-for-ever',
    'A controller that let three calls run out of time is never called again.',
    'lib/core/controllers/circuit.ts',
    'if (now < known.restsUntil)',
    'if (now > 0)',
  ),
  mutant(
    'silent-after-one-call',
    'One call that runs out of time is enough for a controller to be left alone.',
    'lib/core/controllers/circuit.ts',
    'const mostTimeouts = 3;',
    'const mostTimeouts = 1;',
  ),
  mutant(
    'platform-policy-not-in-the-mark',
    "What was decided under an older policy of the operator's counts on.",
    'lib/core/controllers/job-admission.ts',
    "platformEpoch ?? '-'}`;\n}",
    "platformEpoch === undefined ? '-' : 1}`;\n}",
  ),
];
