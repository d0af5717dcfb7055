/** Deliberate faults in lib/app/claim. */
import { type Mutant, mutant } from '../mutant.ts';

export const claimMutants: readonly Mutant[] = [
  mutant(
    'not-read-again',
    'A machine is turned away whose launch is closed while it claims.',
    'lib/app/claim/claim-job.ts',
    'return deps.runners.claim(claiming);',
    'return first;',
  ),
  mutant(
    'unrecorded-turned-away',
    'A machine whose launch was closed by a process that died before it wrote the row is turned away.',
    'lib/app/claim/claim-job.ts',
    'if (unrecorded.length === 0) return second;',
    'if (unrecorded.length >= 0) return second;',
  ),
  mutant(
    'minted-by-the-former-name',
    'A runner is registered by the stored names alone.',
    'lib/app/claim/mint-runner.ts',
    'if (now.target) return afterRename(deps, minting, now.target);',
    'void afterRename;',
  ),
  mutant(
    'refused-at-the-door',
    'One refusal of a runner ends the job.',
    'lib/app/claim/mint-runner.ts',
    "if (meaning.kind === 'refuse') {",
    "if (meaning.kind === 'pause' || (meaning.kind === 'hold' && meaning.code === 'github-refused')) {\n    await refuseJob(deps, minting.job, reason('github-refused', 'No.'));\n    return { kind: 'none', why: 'no' };\n  }\n  if (meaning.kind === 'refuse') {",
  ),
  mutant(
    'start-gate-asleep',
    'A machine is told that its job may begin, whatever the operator allows.',
    'lib/app/claim/answer-start.ts',
    'if (ofRepository) return ofRepository;',
    'void ofRepository;',
  ),
  mutant(
    'start-gate-of-the-plan',
    'A machine is told about the job that it was meant for, and not about the one that GitHub gave it.',
    'lib/app/claim/arrived-job.ts',
    'if (job && isOn(job, runner)) return { job, tenant };',
    'void isOn;\n  if (job) return { job, tenant };',
  ),
  mutant(
    'start-gate-of-the-plan-in-the-end',
    'A machine that waits for word of its job is told about the job that it was meant for.',
    'lib/app/claim/arrived-job.ts',
    'if (read.job && isOn(read.job, runner)) return { job: read.job, tenant };',
    'if (read.job) return { job: read.job, tenant };',
  ),
  mutant(
    'start-gate-open-in-doubt',
    'A machine is told that its job may begin while nobody knows which job that is.',
    'lib/app/claim/answer-start.ts',
    "if (!job || !tenant) return { action: 'again' };",
    "if (!job || !tenant) return { action: 'admit' };",
  ),
  mutant(
    'queue-gate-skipped-at-the-claim',
    'A machine that asks what to run gets a job that was admitted under another policy.',
    'lib/app/claim/claim-job.ts',
    'const { attention: _passedOver, ...tenant } = options.tenant;',
    'const { attention: _passedOver, admissionEpoch: _none, ...tenant } = options.tenant;',
  ),
  mutant(
    'start-gate-deaf-to-controllers',
    'A machine is told that its job may begin, whatever the controllers said of it.',
    'lib/app/claim/answer-start.ts',
    "if (policyMark(tenant) === undefined) return { kind: 'admit' };",
    "if (policyMark(tenant) !== '') return { kind: 'admit' };",
  ),
];
