/** Faults in what admission controllers are asked, by whom, and under which policy; see list.ts. */
import type { Mutant } from './list.ts';

const mutant = (name: string, fault: string, file: string, from: string, to: string): Mutant => ({
  name,
  fault,
  changes: [{ file, from, to }],
});

const platformPolicy = 'lib/app/admission/platform-policy.ts';
const answerQuestions = 'lib/app/admission-api/answer-questions.ts';
const aboutRun = 'lib/app/admission/about-run.ts';
const replaceUngated = 'lib/app/sweep/replace-ungated.ts';

export const admissionMutants: readonly Mutant[] = [
  mutant(
    'platform-policy-kept-for-long',
    "A process goes by the operator's policy as it was minutes ago.",
    'lib/app/common/settings.ts',
    'export const platformPolicySeconds = 5;',
    'export const platformPolicySeconds = 120;',
  ),
  mutant(
    'platform-policy-unread-taken-for-none',
    "Where the operator's policy cannot be read, jobs are judged as if there were none.",
    platformPolicy,
    'const reading = { at: clock.now(), epoch: controllers.platformEpoch() };',
    'const reading = { at: clock.now(), epoch: controllers.platformEpoch().catch(() => undefined) };',
  ),
  mutant(
    'platform-policy-unknown-at-the-claim',
    "Machines that ask what to run get jobs that the operator's controllers were not asked about.",
    platformPolicy,
    'return { job, tenant: tenant && withEpoch(tenant, epoch) };',
    'void epoch;\n        return { job, tenant };',
  ),
  mutant(
    'platform-policy-not-in-the-mark',
    "What was decided under an older policy of the operator's counts on.",
    'lib/core/controllers/job-admission.ts',
    "platformEpoch ?? '-'}`;\n}",
    "platformEpoch === undefined ? '-' : 1}`;\n}",
  ),
  mutant(
    'tenants-own-policy-alone',
    "Where a tenant has controllers of its own, the operator's are not asked.",
    'lib/app/admission/policies.ts',
    'const policies = [platform, own].filter((policy) => policy !== undefined);',
    'const policies = [own ?? platform].filter((policy) => policy !== undefined);',
  ),
  mutant(
    'refused-run-taken-for-an-empty-one',
    'Where GitHub refuses what only it knows of a run, its facts are empty texts, and rules judge by those.',
    aboutRun,
    'if (!answer.ok) return refused(...sayingOf(answer.refusal));',
    `void sayingOf;
    if (!answer.ok)
      return { kind: 'known', about: { attempt: 1, ref: '', event: '', fork: false, actor: '', path: '' } };`,
  ),
  mutant(
    'admitted-before-github-is-asked',
    'A rule about what only GitHub knows admits a job about whose run GitHub was not asked.',
    'lib/app/admission/vote-by-rules.ts',
    "if (transport.rules.some(({ reject }) => needsGitHub(rules, reject, facts))) return 'github';",
    "if (transport.rules.some(({ reject }) => needsGitHub(rules, reject, facts))) return { vote: 'admit' };",
  ),
  mutant(
    'left-out-before-github-is-asked',
    'A controller whose match names what only GitHub knows is not asked while that is not known.',
    'lib/app/admission/vote-by-rules.ts',
    "if (needsGitHub(rules, match, facts)) return 'github';",
    "if (needsGitHub(rules, match, facts)) return 'none';",
  ),
  mutant(
    'given-up-when-github-refuses-once',
    'The first time that GitHub says nothing of a run, the failure policy decides about its job.',
    'lib/app/admission/make-decision.ts',
    'if (againAt === undefined) return undefined;\n',
    'if (againAt === undefined || failures > 0) return undefined;\n',
  ),
  mutant(
    'facts-of-another-run',
    'What GitHub said of one run is taken for what it would say of the next.',
    aboutRun,
    'const noteName = ({ installationId, runId, runAttempt, jobId }: Job) =>\n',
    'const noteName = ({ installationId, runId: run, runAttempt, jobId }: Job, runId = run - (run % 3)) =>\n',
  ),
  mutant(
    'each-job-asks-of-its-run',
    'GitHub is asked about a run once for each of its jobs.',
    aboutRun,
    'runAttempt ?? `job-$',
    '`job-$',
  ),
  mutant(
    'asked-for-nothing',
    'GitHub is asked about the run of every job that has rules.',
    'lib/app/admission/vote-by-rules.ts',
    'rules.askedFacts(expression).length > 0;',
    'rules.askedFacts(expression).length >= 0;',
  ),
  mutant(
    'older-policy-overwrites',
    'Who was slow writes what was decided under an older policy over what was decided under a newer one.',
    'test/fakes/jobs.ts',
    'if (!isSame(known, insteadOf)) return false;',
    'void insteadOf;',
  ),
  mutant(
    'second-answer-acknowledged',
    'A controller that polls is told that its answer counts, and another one was there first.',
    answerQuestions,
    "return faulty('conflict', 'answered-already', 'The question has its answer: the first one counts.');",
    'return undefined;',
  ),
  mutant(
    'late-answer-counts',
    'An answer counts although the time of its question is over.',
    answerQuestions,
    'const outcome = await deps.questions.answer({ owner, controllerId, id }, answer, deps.clock.now());',
    'const outcome = await deps.questions.answer({ owner, controllerId, id }, answer, 0);',
  ),
  mutant(
    'kept-back-in-its-last-seconds',
    'A question is not handed out any more while there is time to answer it.',
    answerQuestions,
    'questions.pendingOf(owner, controllerId, { now: clock.now(), limit: pollBounds.questions });',
    'questions.pendingOf(owner, controllerId, { now: clock.now() + 4_000, limit: pollBounds.questions });',
  ),
  mutant(
    'answered-handed-out-again',
    'A look for questions finds those that have their answer.',
    'test/fakes/questions.ts',
    'answer === undefined && now < endsAt',
    'void answer === undefined && now < endsAt',
  ),
  mutant(
    'gate-by-where-the-job-is',
    'Who is asked about a job that has its machine by then is asked as if it were on the machine.',
    'lib/app/admission/ask-controllers.ts',
    'const { gate } = round;',
    "const gate = job.state === 'waiting' ? 'queue' : 'start';",
  ),
  mutant(
    'ungated-listeners-stay',
    'A machine without a start gate that listens when controllers come into force keeps its registration.',
    replaceUngated,
    "if (runner.state === 'listening') return runner;",
    "if (runner.state === 'listening') return undefined;",
  ),
  mutant(
    'ungated-machines-unmarked',
    'The sweep looks at machines that listen, and leaves those that are about to.',
    replaceUngated,
    'if (await deps.runners.requireGate(runner, deps.clock.now())) {\n    const about',
    'if (deps.clock.now() > 0) {\n    const about',
  ),
  mutant(
    'ungated-of-platform-policy-stay',
    "The operator's first controller replaces no machine, a tenant's does.",
    replaceUngated,
    'const gated = new Set(tenants.filter(hasStartGate).map(',
    'const own = tenants.map(({ platformEpoch: _, ...tenant }) => tenant);\n  const gated = new Set(own.filter(hasStartGate).map(',
  ),
];
