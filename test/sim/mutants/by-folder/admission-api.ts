/** Deliberate faults in lib/app/admission-api. */
import { type Mutant, mutant } from '../mutant.ts';

export const admissionApiMutants: readonly Mutant[] = [
  mutant(
    'second-answer-acknowledged',
    'A polling controller gets a confirmation for its answer although another answer came first.',
    'lib/app/admission-api/answer-questions.ts',
    "return faulty('conflict', 'answered-already', 'Already answered: the first answer counts.');",
    'return undefined;',
  ),
  mutant(
    'late-answer-counts',
    'An answer counts although the question has expired.',
    'lib/app/admission-api/answer-questions.ts',
    'const outcome = await deps.questions.answer({ owner, controllerId, id }, answer, deps.clock.now());',
    'const outcome = await deps.questions.answer({ owner, controllerId, id }, answer, 0);',
  ),
  mutant(
    'question-withheld-in-last-seconds',
    'A question is no longer handed out although there is still time to answer it.',
    'lib/app/admission-api/answer-questions.ts',
    'questions.pendingOf(owner, controllerId, { now: clock.now(), limit: pollBounds.questions });',
    'questions.pendingOf(owner, controllerId, { now: clock.now() + 4_000, limit: pollBounds.questions });',
  ),
];
