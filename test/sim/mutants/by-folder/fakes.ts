/** Deliberate faults in the stores in memory, which stand for those of DynamoDB. */
import { type Mutant, mutant } from '../mutant.ts';

export const fakesMutants: readonly Mutant[] = [
  mutant(
    'facts-go-backwards',
    'A late in_progress event reopens a job that is done.',
    'test/fakes/jobs.ts',
    "if (isOverOnGitHub(job) || (job.state === 'done' && !job.tier)) return undefined;",
    '',
  ),
  mutant(
    'decision-moves-along',
    'A job that moves to another tier keeps what its controllers decided for the former one.',
    'test/fakes/jobs.ts',
    'return isAsRead(known) ? { ...kept, tier: to } : undefined;',
    'return isAsRead(known) ? { ...kept, ...known, tier: to } : undefined;',
  ),
  mutant(
    'nonce-not-checked',
    'Anyone on the machine can claim again with a nonce of their own.',
    'test/fakes/runners.ts',
    'return runner.nonce === nonce ?',
    "return nonce !== '' ?",
  ),
  mutant(
    'credentials-valid-after-confirm',
    "The machine's credentials still work after the confirm, when its job can read them.",
    'test/fakes/runners.ts',
    "return { kind: 'refused', why: 'confirmed' };",
    "return { kind: 'claimed', runner };",
  ),
  mutant(
    'any-ticket-accepted',
    "A machine may claim with the ticket of another tenant's launch.",
    'test/fakes/runners.ts',
    "if (runner.launchId !== launchId) return { kind: 'refused', why: 'other-launch' };",
    '',
  ),
  mutant(
    'lease-freed-twice',
    'Ending a machine that has already ended frees another lease.',
    'test/fakes/runners.ts',
    "if (!stored || stored.state === 'ended') return 'was-ended';",
    "if (!stored) return 'was-ended';",
  ),
  mutant(
    'ended-without-its-count',
    'A machine ends, but its lease stays counted.',
    'test/fakes/runners.ts',
    'countLeases(rows, stored, -1, spend);',
    'void countLeases;',
  ),
  mutant(
    'spend-settled-twice',
    "A machine's end settles its lease's spend twice.",
    'test/fakes/runners.ts',
    'countLeases(rows, stored, -1, spend);',
    'countLeases(rows, stored, -1, spend);\n  countLeases(rows, stored, 0, spend);',
  ),
  mutant(
    'spend-settled-without-a-lease',
    "Ending a machine that has already ended settles a lease's spend again.",
    'test/fakes/runners.ts',
    "if (!stored || stored.state === 'ended') return 'was-ended';",
    "if (stored?.state === 'ended') countLeases(rows, stored, 0, spend);\n  if (!stored || stored.state === 'ended') return 'was-ended';",
  ),
  mutant(
    'elsewhere-never-asked',
    "GitHub is never asked about a job that the tenant's own runner took.",
    'test/fakes/jobs.ts',
    '...(runner === undefined || unsettled ? { unsettledAt: at } : {}),',
    '...(unsettled ? { unsettledAt: at } : {}),',
  ),
  mutant(
    'status-over-a-ban',
    "Writing a tenant's status overwrites a ban that the operator set in the meantime.",
    'test/fakes/tenants.ts',
    "if (changes.status !== undefined && statusWord(tenant) !== statusWord(read)) return 'conflict';",
    '',
  ),
  mutant(
    'ban-like-any-suspension',
    "An operator's ban of a tenant that GitHub suspended looks like GitHub's own suspension.",
    'test/fakes/world.ts',
    "changes.status === undefined || suspendedBy !== 'github'",
    'true || !changes',
  ),
  mutant(
    'ban-not-inherited',
    'A reinstalled tenant inherits an outdated status of its predecessor, without the ban set since.',
    'test/fakes/tenants.ts',
    "if (policyOf && !hasPolicyOf(tenants.get(policyOf.installationId), policyOf)) return 'conflict';",
    '',
  ),
  mutant(
    'refused-stays-refused',
    "GitHub's outcome does not replace the platform's refusal.",
    'test/fakes/jobs.ts',
    "isOverOnGitHub(job) || (job.state === 'done' && end.reason) || !isStillDoubted(job, end)",
    "job.state === 'done' || !isStillDoubted(job, end)",
  ),
  mutant(
    'first-answer-not-final',
    "A controller's second answer to a question replaces its first.",
    'test/fakes/questions.ts',
    "if (question.answer) return { kind: 'answered' };",
    '',
  ),
  mutant(
    'later-decision-counts',
    'A decision made under a policy is replaced by a later one under the same policy.',
    'test/fakes/jobs.ts',
    'if (known && known.policy === admission.policy && !isOpen) return false;',
    `void isOpen;
              if (known?.policy === admission.policy) {
                jobs.set(key, { ...job, admission: copyOf(admission) });
                return true;
              }`,
  ),
  mutant(
    'older-policy-overwrites',
    'A slow process overwrites the decision made under a newer policy with one made under an older policy.',
    'test/fakes/jobs.ts',
    'if (!isSame(known, insteadOf)) return false;',
    'void insteadOf;',
  ),
  mutant(
    'answered-handed-out-again',
    'The query for open questions returns answered ones, too.',
    'test/fakes/questions.ts',
    'answer === undefined && now < endsAt',
    'void answer === undefined && now < endsAt',
  ),
  mutant(
    'newest-installation-unrecorded',
    "An account's newest installation is not recorded, and an index may not show it yet.",
    'test/fakes/tenants.ts',
    'if (account) newestOfAccounts.set(tenant.accountId, account.newest);',
    '',
  ),
];
