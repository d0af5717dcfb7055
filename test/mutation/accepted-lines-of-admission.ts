/** Survivors of `app/admission` and `app/admission-api` that may stay, line by line; see accepted-lines.ts. */
import type { AcceptedLines } from './accepted-lines.ts';

export const acceptedOfAdmission: readonly AcceptedLines[] = [
  {
    reason: 'a shortcut: without it a call is made in vain, or the same is looked at or written again',
    lines: {
      'admission/about-run.ts': ['looks < mostLooks → looks <= mostLooks'],
      'admission/ask-arrivals.ts': [
        'batches.some(({ length }) => length < fullBatch) → batches.every(({ length }) => length < fullBatch)',
      ],
      'admission/ask-controller.ts': ["kind === 'answered' → true"],
      'admission/ask-controllers.ts': [
        'policies.length === 0 → false',
        'isWaitingForGitHub(admission, deps.clock.now()) → false',
        "admission.state === 'asked' → true",
        'lateDecision(said, { of: new Set(trying), outcome }) → false',
        '!late → false',
        '(controller) => !needing.includes(controller) → () => undefined',
        "if (job.admission?.state !== 'asked') return answered",
        'first.unanswered.filter((controller) => controller.state === state) → first.unanswered',
        'controller.state === state → true',
        "first.unanswered.filter(({ state }) => state === 'dry_run') → first.unanswered",
        "state === 'dry_run' → true",
        'gate === round.gate → true',
      ],
      'admission/asking-lines.ts': ['line.length > 0 → false'],
      'admission/decide-waiting.ts': [
        '!waiting.some(isOpen(read)) → false',
        'waiting.filter(isOpen(tenant)) → waiting',
        'made.length === 0 → false',
        "judge(others, tier, job, group).kind === 'admit' → true",
      ],
      'admission/platform-policy.ts': ['kept === reading → true', 'epoch === undefined → false'],
      'admission/policies.ts': ['false → true'],
      'admission/circuit-breaker.ts': ['circuit → true', 'if (ofTenant.size > 0)'],
      'admission/vote-by-rules.ts': ["match !== undefined || transport.kind === 'rules' → true"],
      'admission-api/find-targets.ts': ["visibility !== 'public' → false"],
      'admission-api/try-job.ts': ['epoch === undefined → true'],
    },
  },
  {
    reason: 'cannot happen, or only the type allows for it',
    lines: {
      'admission/about-run.ts': ['!about → false'],
      'admission/ask-controller.ts': ["if (transport.kind === 'rules') throw"],
      'admission/ask-controllers.ts': [
        "message.kind === 'admission' → true",
        'admission?.round !== undefined → true',
        'admission?.round → admission.round',
      ],
      'admission/ask-arrivals.ts': [
        "message.kind === 'admission' → true",
        'if (!(error instanceof OperationalError || ',
      ],
      'admission/asking-lines.ts': [`'' → "Stryker was here!"`],
      'admission/decide-waiting.ts': ['group?.name → group.name'],
      'admission/make-decision.ts': [
        `'' → "Stryker was here!"`,
        "outcome === 'unavailable' && by → outcome === 'unavailable' || by",
      ],
      'admission/platform-policy.ts': ['if (kept && age !== undefined && age >= 0'],
      'admission/circuit-breaker.ts': ["answer.kind === 'failed' → true"],
      'admission/write-decisions.ts': ["rows.status === 'rejected'", "record.status === 'rejected'"],
      'admission-api/admin.ts': [`'' → "Stryker was here!"`],
      // The note lasts longer than any request.
      'admission-api/manage-tokens.ts': [`'' → "Stryker was here!"`],
      'admission-api/replay.ts': [
        "own === 'asked' → false",
        '\'asked\' → ""',
        "own === 'none' || own.vote === 'exempt'",
      ],
      'admission-api/try-job.ts': [`'' → "Stryker was here!"`],
    },
  },
  {
    reason: 'the same: any other value means the same there',
    lines: {
      'admission/make-decision.ts': [
        'const round = deciding.round ?? (unanswered.length > 0',
        // A job that is rejected is over: nobody asks about it again.
        "outcome === 'unavailable' → true",
        '{ round } → {}',
        "own === 'asked' || own === 'github' → true",
        "own === 'none' → true",
        'admission.failures !== undefined → true',
      ],
      'admission/write-decisions.ts': ['\'changed\' → ""'],
      'admission-api/replay.ts': [
        "id: 'replayed'",
        "description: ''",
        "state: 'enabled'",
        "onFailure: 'reject'",
        "createdAt: ''",
        "updatedAt: ''",
        '.sort() → [...new Set(rules.flatMap(({ reject }) => evaluator.askedFacts(reject)))]',
      ],
      'admission-api/tenant-eyes.ts': ["outcome === 'admitted' → true"],
      'admission-api/long-polls.ts': ['{ expiresAt: now, result: false } → {}'],
      'admission-api/read-controllers.ts': ['-1 → +1'],
      // Only the outcome of these votes is used, and neither word changes that of the others.
      'admission-api/try-job.ts': [
        "if (vote === 'asked' || vote === 'unmatched')",
        'return [{ controller, vote: { ...about, vote,',
      ],
    },
  },
  {
    reason: 'only a command gives no reason of its own, and the record is the same without it',
    lines: { 'admission-api/admin.ts': ['{ reason } → {}'] },
  },
  {
    reason: 'the same: a word by which only types tell results apart',
    lines: {
      'admission-api/manage-secrets.ts': ['\'secrets\' → ""'],
      'admission-api/manage-tokens.ts': ['\'tokens\' → ""', '\'revoked\' → ""', "{ kind: 'revoked' } → {}"],
      'admission-api/try-job.ts': ['\'tried\' → ""'],
    },
  },
  {
    reason: 'keeps the process alive where several things fail at once, which no test of one process shows',
    lines: { 'admission/ask-controllers.ts': ['[trying] → []'] },
  },
  {
    reason: 'only the time of the next look changes, within its bounds',
    lines: {
      'admission/about-run.ts': ['looks > 0 → true', 'looks > 0 → looks >= 0'],
      'admission/make-decision.ts': [
        "admission.state === 'asked' → true",
        'admission.reason === undefined → true',
      ],
    },
  },
];
