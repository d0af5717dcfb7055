/** Deliberate faults in the rules of lib/core/controllers. */
import { type Mutant, mutant } from '../mutant.ts';

export const coreControllersMutants: readonly Mutant[] = [
  mutant(
    'scopes-lost-with-any-answer',
    "A repository's scopes are removed although the installation still has access to it.",
    'lib/core/controllers/lost-scopes.ts',
    'repositories?.get(target.repositoryId) === false',
    'repositories?.get(target.repositoryId) !== undefined',
  ),
  mutant(
    'failure-taken-for-admission',
    'A controller that gives no valid answer counts as having admitted the job.',
    'lib/core/controllers/combine-votes.ts',
    "const failed = obeyed.filter(({ vote }) => vote.vote === 'failed');",
    "const failed = obeyed.filter(({ vote }) => vote.vote === 'reject');",
  ),
  mutant(
    'dry-run-blocks',
    "A dry-run controller's vote counts.",
    'lib/core/controllers/combine-votes.ts',
    'const obeyed = votes.filter(({ vote }) => vote.enforced);',
    'const obeyed = votes;',
  ),
  mutant(
    'scope-ignored',
    'A controller decides about jobs outside its scopes.',
    'lib/core/controllers/who-judges.ts',
    'scopes.some(({ target }) => covers(target, job));',
    'scopes.some(({ target }) => covers(target, job) || true);',
  ),
  mutant(
    'answer-to-another-question',
    "An answer counts although it has another question's id.",
    'lib/core/controllers/callback-answer.ts',
    'if (given !== id)',
    'if (given === undefined)',
  ),
  mutant(
    'failure-policy-at-once',
    "The failure policy decides about a job after a controller's first failed call.",
    'lib/core/controllers/job-admission.ts',
    'const againSeconds = [30, 60, 120, 240, 480, 600];',
    'const againSeconds: number[] = [];',
  ),
  mutant(
    'skipped-forever',
    'After three timeouts in a row a controller is never called again.',
    'lib/core/controllers/circuit.ts',
    'if (now < known.restsUntil)',
    'if (now > 0)',
  ),
  mutant(
    'skipped-after-one-timeout',
    'A single timeout is enough for a controller to be skipped.',
    'lib/core/controllers/circuit.ts',
    'const mostTimeouts = 3;',
    'const mostTimeouts = 1;',
  ),
  mutant(
    'platform-policy-not-in-the-mark',
    "Decisions made under an older policy of the operator's still count.",
    'lib/core/controllers/job-admission.ts',
    "platformEpoch ?? '-'}`;\n}",
    "platformEpoch === undefined ? '-' : 1}`;\n}",
  ),
];
