/** Deliberate faults in lib/app/admission-api. */
import { type Mutant, mutant } from '../mutant.ts';

export const admissionApiMutants: readonly Mutant[] = [
  mutant(
    'second-answer-acknowledged',
    'A controller that polls is told that its answer counts, and another one was there first.',
    'lib/app/admission-api/answer-questions.ts',
    "return faulty('conflict', 'answered-already', 'Already answered: the first answer counts.');",
    'return undefined;',
  ),
  mutant(
    'late-answer-counts',
    'An answer counts although the time of its question is over.',
    'lib/app/admission-api/answer-questions.ts',
    'const outcome = await deps.questions.answer({ owner, controllerId, id }, answer, deps.clock.now());',
    'const outcome = await deps.questions.answer({ owner, controllerId, id }, answer, 0);',
  ),
  mutant(
    'kept-back-in-its-last-seconds',
    'A question is not handed out any more while there is time to answer it.',
    'lib/app/admission-api/answer-questions.ts',
    'questions.pendingOf(owner, controllerId, { now: clock.now(), limit: pollBounds.questions });',
    'questions.pendingOf(owner, controllerId, { now: clock.now() + 4_000, limit: pollBounds.questions });',
  ),
];
