/**
 * Which decisions belong in the audit: the tenant's, or the platform's for votes of the operator's own controllers. A job
 * that ran although controllers failed is recorded each time, under each of them. Rejections, would-be rejections and
 * exemptions are recorded once an hour for each repository, since every job has its own decision record anyway.
 */
import { platformOwner } from '../../core/controllers/controller.ts';
import type { ControllerVote, Decision } from '../../core/controllers/decision.ts';
import { type Attributes, compact, number, text } from './attributes.ts';
import { deploymentNoteRow, tenantNoteRow } from './audit-row.ts';

export function decisionAuditRows(decision: Decision): Attributes[] {
  const ofVotes = decision.votes.flatMap((vote) => {
    const action = actionOf(vote);
    if (action === undefined) return [];
    const hour = decision.decidedAt.slice(0, 'yyyy-mm-ddThh'.length);
    return [row(decision, vote, action, `${hour}#${action}#${vote.controllerId}#${decision.repository}`)];
  });
  if (decision.outcome !== 'failed-open') return ofVotes;
  const { decidedAt, jobId, gate } = decision;
  const action = 'admission-failed-open';
  const failed = decision.votes.filter(({ vote, enforced }) => vote === 'failed' && enforced);
  const ofFailures = failed.map((vote) =>
    row(decision, vote, action, `${decidedAt}#${action}#${jobId}#${gate}#${vote.controllerId}`),
  );
  return [...ofVotes, ...ofFailures];
}

export const auditKey = ({ subject, entry }: Attributes): Attributes =>
  compact<Attributes>({ subject, entry });

function actionOf({ vote, enforced }: ControllerVote): string | undefined {
  if (vote === 'exempt') return 'admission-exempted';
  if (vote !== 'reject') return undefined;
  return enforced ? 'admission-rejected' : 'admission-would-reject';
}

function row(decision: Decision, vote: ControllerVote, action: string, id: string): Attributes {
  const { installationId, repository, jobId, gate, decidedAt } = decision;
  const note = {
    at: decidedAt,
    who: vote.controllerId,
    action,
    ...(vote.reason === undefined ? {} : { reason: vote.reason }),
    before: {},
    after: { repository: text(repository), job_id: number(jobId), gate: text(gate) },
  };
  const login = repository.split('/')[0] ?? '';
  if (vote.owner !== platformOwner) return tenantNoteRow({ ...note, installationId, login }, id);
  const after = { ...note.after, tenant: text(login), installation_id: number(installationId) };
  return deploymentNoteRow({ ...note, after }, id);
}
