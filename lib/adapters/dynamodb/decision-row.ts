/** A decision as two rows: one by time, for the list of all, and one by job. Both expire after `decisionDays`. */
import { controllerBounds } from '../../core/controllers/controller.ts';
import {
  type ControllerVote,
  type Decision,
  decidedWhen,
  placeOfDecision,
} from '../../core/controllers/decision.ts';
import { InstallationId, JobId } from '../../core/ids.ts';
import { type Attributes, compact, flag, number, optional, type Row, text } from './attributes.ts';
import { controllerKey, rowOf } from './controller-row.ts';

export const decisionItems = {
  prefix: 'decision#',
  /** Greater than the key of any decision. */
  end: 'decision$',
  from: (at: string) => `decision#${at}`,
  ofJob: (jobId: JobId) => `job#${jobId}#`,
} as const;

const outcomes = ['admitted', 'rejected', 'failed-open', 'unavailable'] as const;

export function decisionRows(decision: Decision): Attributes[] {
  const { installationId, jobId, gate } = decision;
  const attributes = decisionAttributes(decision);
  const byTime = decisionItems.from(placeOfDecision(decision));
  const byJob = `${decisionItems.ofJob(jobId)}${decidedWhen(decision)}#${gate}`;
  return [byTime, byJob].map((item) => ({ ...controllerKey(installationId, item), ...attributes }));
}

export const decisionKey = ({ installation_id, item }: Attributes): Attributes =>
  compact<Attributes>({ installation_id, item });

const decisionAttributes = (decision: Decision): Attributes =>
  compact<Attributes>({
    job_id: number(decision.jobId),
    repository: text(decision.repository),
    gate: text(decision.gate),
    epoch: number(decision.epoch),
    platform_epoch: optional(decision.platformEpoch, number),
    outcome: text(decision.outcome),
    votes: { L: decision.votes.map((vote) => ({ M: voteMap(vote) })) },
    decided_at: text(decision.decidedAt),
    expires_at: number(
      Math.ceil(Date.parse(decision.decidedAt) / 1000) + controllerBounds.decisionDays * 24 * 60 * 60,
    ),
  });

const voteMap = (vote: ControllerVote): Attributes =>
  compact<Attributes>({
    controller_id: text(vote.controllerId),
    owner: number(vote.owner),
    vote: text(vote.vote),
    reason: optional(vote.reason, text),
    enforced: flag(vote.enforced),
    milliseconds: number(vote.milliseconds),
  });

export function decisionOfRow(attributes: Attributes): Decision {
  const row = rowOf(attributes);
  return compact<Decision>({
    installationId: InstallationId(row.number('installation_id')),
    jobId: JobId(row.number('job_id')),
    repository: row.text('repository'),
    gate: row.word('gate', ['queue', 'start']),
    epoch: row.number('epoch'),
    platformEpoch: row.optionalNumber('platform_epoch'),
    outcome: row.word('outcome', outcomes),
    votes: row.rows('votes').map(voteOf),
    decidedAt: row.text('decided_at'),
  });
}

const voteOf = (row: Row): ControllerVote =>
  compact<ControllerVote>({
    controllerId: row.text('controller_id'),
    owner: InstallationId(row.number('owner')),
    vote: row.word('vote', ['admit', 'reject', 'failed', 'exempt']),
    reason: row.optionalText('reason'),
    enforced: row.flag('enforced'),
    milliseconds: row.number('milliseconds'),
  });
