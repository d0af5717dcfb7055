/**
 * A job as a row, and back. `place` is the job's place in the line, for life; `pending` is a copy of it while the job
 * waits, which puts the row into the sparse index of what needs attention:
 *
 *   state      pending
 *   blocked    unsettled#<since>#<job id>
 *   waiting    waiting#<tier>#<queued at>#<job id>; while it rests, and until it is covered, with the end of its rest
 *   covered    —
 *   running    — , or unsettled#<ended at>#<job id> once its machine has ended
 *   done       —   (and `expires_at` is set)
 */
import { tombstoneDays } from '../../contract/tables.ts';
import type { AskingRound, JobAdmission } from '../../core/controllers/job-admission.ts';
import { InstallationId, InstanceId, JobId, LeaseId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Rest } from '../../core/job-rest.ts';
import { type Reason, storedCode } from '../../core/reason.ts';
import { type Attributes, compact, flag, number, optional, Row, text, textList } from './attributes.ts';

export const jobKey = (installationId: InstallationId, jobId: JobId): Attributes => ({
  installation_id: number(installationId),
  job_id: number(jobId),
});

/** Prefix of every waiting job's `pending`; `$` is the character after `#`, and ends the range. */
export const waitingRange = { start: 'waiting#', end: 'waiting$' };
export const waitingPrefix = (tier: TierName) => `waiting#${tier}#`;
export const tierOfPlace = (place: string) => TierName(place.split('#')[1] ?? '');
/** Greater than the place of every job of this tier, and less than that of any job of the next. */
export const afterTier = (tier: TierName) => `waiting#${tier}$`;

export const unsettledPlace = (jobId: JobId, at: number) =>
  `unsettled#${new Date(at).toISOString()}#${ordered(jobId)}`;

/** Behind all jobs that may have a machine before its rest is over. Undefined: it does not rest. */
export function restingPlace(jobId: JobId, { tier, retryAt }: Rest) {
  if (retryAt === undefined) return undefined;
  return { pending: waitingPlace(jobId, { tier, at: retryAt }), retryAt };
}

const waitingPlace = (jobId: JobId, { tier, at }: { tier: TierName; at: number }) =>
  `${waitingPrefix(tier)}${new Date(at).toISOString()}#${ordered(jobId)}`;

/** Sixteen digits hold every safe integer, so that texts sort as the numbers do. */
const ordered = (jobId: JobId) => String(jobId).padStart(16, '0');

export const expiresAt = (atMilliseconds: number) =>
  number(Math.ceil(atMilliseconds / 1000) + tombstoneDays * 24 * 60 * 60);

export const reasonValue = (reason: Reason) => ({ M: { code: text(reason.code), text: text(reason.text) } });

export function jobRow(job: Job): Attributes {
  const { jobId, tier, queuedAt, retryAt } = job;
  const place = tier && waitingPlace(jobId, { tier, at: queuedAt });
  const waits = tier && waitingPlace(jobId, { tier, at: retryAt ?? queuedAt });
  const unsettled = job.unsettledAt === undefined ? undefined : unsettledPlace(job.jobId, job.unsettledAt);
  return compact<Attributes>({
    ...jobKey(job.installationId, job.jobId),
    state: text(job.state),
    tier: optional(job.tier, text),
    repository: text(job.repository),
    repository_id: optional(job.repositoryId, number),
    repository_owner_id: number(job.repositoryOwnerId),
    visibility: optional(job.visibility, text),
    run_id: number(job.runId),
    run_attempt: optional(job.runAttempt, number),
    workflow: optional(job.workflow, text),
    labels: textList(job.labels),
    queued_at: number(job.queuedAt),
    accepted_at: number(job.acceptedAt),
    approved_at: optional(job.approvedAt, number),
    reason: optional(job.reason, reasonValue),
    start_refusal: optional(job.startRefusal, reasonValue),
    ...(job.admission ? admissionAttributes(job.admission) : {}),
    lease: optional(job.lease, text),
    former_lease: optional(job.formerLease, text),
    attempts: number(job.attempts),
    replacements: optional(job.replacements, number),
    retry_at: optional(retryAt, number),
    gone_at: optional(job.goneAt, number),
    gone_said_at: optional(job.goneSaidAt, number),
    runner: optional(job.runner, text),
    started_at: optional(job.startedAt, number),
    unsettled_at: optional(job.unsettledAt, number),
    done_at: optional(job.doneAt, number),
    outcome: optional(job.outcome, text),
    conclusion: optional(job.conclusion, text),
    place: optional(place, text),
    pending: optional(job.state === 'waiting' ? waits : unsettled, text),
    expires_at: job.state === 'done' ? expiresAt(job.doneAt ?? job.acceptedAt) : undefined,
  });
}

export function jobOfRow(attributes: Attributes): Job {
  const row = new Row(`jobs row ${attributes['installation_id']?.N}/${attributes['job_id']?.N}`, attributes);
  const reasonIn = (name: string) => {
    const why = row.optionalMap(name);
    return why && { code: storedCode(why.text('code')), text: why.text('text') };
  };
  return compact<Job>({
    installationId: InstallationId(row.number('installation_id')),
    jobId: JobId(row.number('job_id')),
    state: row.word('state', ['blocked', 'waiting', 'covered', 'running', 'done']),
    tier: tierOf(row),
    repository: row.text('repository'),
    repositoryId: row.optionalNumber('repository_id'),
    repositoryOwnerId: row.number('repository_owner_id'),
    visibility: row.optionalWord('visibility', ['public', 'private', 'internal']),
    runId: row.number('run_id'),
    runAttempt: row.optionalNumber('run_attempt'),
    workflow: row.optionalText('workflow'),
    labels: row.optionalTexts('labels') ?? [],
    queuedAt: row.number('queued_at'),
    acceptedAt: row.number('accepted_at'),
    approvedAt: row.optionalNumber('approved_at'),
    reason: reasonIn('reason'),
    startRefusal: reasonIn('start_refusal'),
    admission: admissionOf(row),
    lease: branded(row.optionalText('lease'), LeaseId),
    formerLease: branded(row.optionalText('former_lease'), LeaseId),
    attempts: row.optionalNumber('attempts') ?? 0,
    replacements: row.optionalNumber('replacements'),
    retryAt: row.optionalNumber('retry_at'),
    goneAt: row.optionalNumber('gone_at'),
    goneSaidAt: row.optionalNumber('gone_said_at'),
    runner: branded(row.optionalText('runner'), InstanceId),
    startedAt: row.optionalNumber('started_at'),
    unsettledAt: row.optionalNumber('unsettled_at'),
    doneAt: row.optionalNumber('done_at'),
    outcome: row.optionalWord('outcome', ['completed', 'cancelled', 'refused', 'expired']),
    conclusion: row.optionalText('conclusion'),
  });
}

/**
 * The tier of the line that a job waits in. While a deploy runs, an older release may write a pause in a tier that the job
 * has left; read as a job of that tier, it is moved again (docs/adr/0108).
 */
function tierOf(row: Row): TierName | undefined {
  const place = row.optionalText('pending') ?? '';
  const isInLine = row.attributes['state']?.S === 'waiting' && place.startsWith(waitingRange.start);
  return isInLine ? tierOfPlace(place) : branded(row.optionalText('tier'), TierName);
}

/** Attributes of the job's row; undefined for a job without any. */
export const admissionAttributes = (admission: JobAdmission) => ({
  admission_policy: text(admission.policy),
  admission_state: text(admission.state),
  admission_controller: optional(admission.controllerId, text),
  admission_of_platform: optional(admission.ofPlatform, flag),
  admission_reason: optional(admission.reason, text),
  admission_at: number(admission.at),
  admission_again_at: optional(admission.againAt, number),
  admission_failures: optional(admission.failures, number),
  admission_round_at: optional(admission.round?.at, number),
  admission_gate: optional(admission.round?.gate, text),
});

export const admissionNames = Object.keys(admissionAttributes({ policy: '', state: 'asked', at: 0 }));

function admissionOf(row: Row): JobAdmission | undefined {
  const policy = row.optionalText('admission_policy');
  if (policy === undefined) return undefined;
  return compact<JobAdmission>({
    policy,
    state: row.word('admission_state', ['asked', 'admitted', 'rejected', 'failed-open', 'unavailable']),
    controllerId: row.optionalText('admission_controller'),
    ofPlatform: row.optionalFlag('admission_of_platform'),
    reason: row.optionalText('admission_reason'),
    at: row.number('admission_at'),
    againAt: row.optionalNumber('admission_again_at'),
    failures: row.optionalNumber('admission_failures'),
    round: roundOf(row),
  });
}

function roundOf(row: Row): AskingRound | undefined {
  const at = row.optionalNumber('admission_round_at');
  const gate = row.optionalWord('admission_gate', ['queue', 'start']);
  return at === undefined || gate === undefined ? undefined : { at, gate };
}

const branded = <Brand>(value: string | undefined, brand: (value: string) => Brand) =>
  value === undefined ? undefined : brand(value);
