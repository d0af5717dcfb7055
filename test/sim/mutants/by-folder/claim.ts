/** Deliberate faults in lib/app/claim. */
import { type Mutant, mutant } from '../mutant.ts';

export const claimMutants: readonly Mutant[] = [
  mutant(
    'launch-not-reread-at-claim',
    'A machine is refused if its launch is closed while it claims.',
    'lib/app/claim/claim-job.ts',
    'return deps.runners.claim(claiming);',
    'return first;',
  ),
  mutant(
    'unrecorded-machine-refused',
    "A machine is refused if a process closed its launch and died before it wrote the machine's row.",
    'lib/app/claim/claim-job.ts',
    'if (unrecorded.length === 0) return second;',
    'if (unrecorded.length >= 0) return second;',
  ),
  mutant(
    'minted-by-the-former-name',
    'A runner is registered under the stored names, even after a rename.',
    'lib/app/claim/mint-runner.ts',
    'if (now.target) return afterRename(deps, minting, now.target);',
    'void afterRename;',
  ),
  mutant(
    'job-refused-with-its-runner',
    'One refused runner registration ends the job.',
    'lib/app/claim/mint-runner.ts',
    "if (meaning.kind === 'refuse') {",
    "if (meaning.kind === 'pause' || (meaning.kind === 'hold' && meaning.code === 'github-refused')) {\n    await refuseJob(deps, minting.job, reason('github-refused', 'No.'));\n    return { kind: 'none', why: 'no' };\n  }\n  if (meaning.kind === 'refuse') {",
  ),
  mutant(
    'start-gate-ignores-repositories',
    'The start gate admits jobs of repositories that the operator does not allow.',
    'lib/app/claim/answer-start.ts',
    'if (ofRepository) return ofRepository;',
    'void ofRepository;',
  ),
  mutant(
    'start-gate-judges-planned-job',
    'The start gate judges the job that the machine was launched for, not the one that GitHub gave it.',
    'lib/app/claim/arrived-job.ts',
    'if (job && isOn(job, asking)) return { job, tenant };',
    'void isOn;\n  if (job) return { job, tenant };',
  ),
  mutant(
    'waiting-start-gate-judges-planned-job',
    'The start gate waits for news of the job, then judges the one that the machine was launched for.',
    'lib/app/claim/arrived-job.ts',
    'if (read.job && isOn(read.job, asking)) return { job: read.job, tenant };',
    'if (read.job) return { job: read.job, tenant };',
  ),
  mutant(
    'start-gate-admits-unknown-job',
    'The start gate admits a job before it knows which job it is.',
    'lib/app/claim/answer-start.ts',
    "if (!job || !tenant) return { action: 'again' };",
    "if (!job || !tenant) return { action: 'admit' };",
  ),
  mutant(
    'old-admission-accepted-at-claim',
    'A machine that claims gets a job that was admitted under another policy.',
    'lib/app/claim/claim-job.ts',
    'const { attention: _passedOver, ...tenant } = options.tenant;',
    'const { attention: _passedOver, admissionEpoch: _none, ...tenant } = options.tenant;',
  ),
  mutant(
    'start-gate-ignores-controllers',
    'The start gate admits a job whatever the controllers decided.',
    'lib/app/claim/answer-start.ts',
    "if (policyMark(tenant) === undefined) return { kind: 'admit' };",
    "if (policyMark(tenant) !== '') return { kind: 'admit' };",
  ),
];
