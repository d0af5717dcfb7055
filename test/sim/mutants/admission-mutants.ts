/** Faults in what admission controllers are asked, by whom, and under which policy; see list.ts. */
import type { Mutant } from './list.ts';

const mutant = (name: string, fault: string, file: string, from: string, to: string): Mutant => ({
  name,
  fault,
  changes: [{ file, from, to }],
});

const platformPolicy = 'lib/app/admission/platform-policy.ts';

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
];
