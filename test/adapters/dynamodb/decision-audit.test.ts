import { describe, expect, it } from '@jest/globals';
import { decisionAuditRows } from '../../../lib/adapters/dynamodb/decision-audit.ts';
import { platformOwner } from '../../../lib/core/controllers/controller.ts';
import type { ControllerVote, Decision } from '../../../lib/core/controllers/decision.ts';
import { JobId } from '../../../lib/core/ids.ts';
import { acme } from '../../support/given.ts';

const vote = (over: Partial<ControllerVote>): ControllerVote => ({
  controllerId: 'ctl_1',
  owner: acme,
  vote: 'admit',
  enforced: true,
  milliseconds: 1,
  ...over,
});
const decision = (outcome: Decision['outcome'], votes: ControllerVote[], jobId = 1): Decision => ({
  installationId: acme,
  jobId: JobId(jobId),
  repository: 'acme/app',
  gate: 'queue',
  epoch: 1,
  outcome,
  votes,
  decidedAt: '2026-11-21T13:59:59.000Z',
});
const rowsOf = (...given: Parameters<typeof decision>) => decisionAuditRows(decision(...given));

describe('the audit of decisions', () => {
  it.each<[string, Decision['outcome'], Partial<ControllerVote>, string[]]>([
    ['a plain admission', 'admitted', {}, []],
    ['a rejection', 'rejected', { vote: 'reject', reason: 'No.' }, ['admission-rejected']],
    ['a rejection in dry run', 'admitted', { vote: 'reject', enforced: false }, ['admission-would-reject']],
    ['an exemption that was used', 'admitted', { vote: 'exempt' }, ['admission-exempted']],
    ['a failure that admits', 'failed-open', { vote: 'failed', reason: 'late' }, ['admission-failed-open']],
    ['a failure that rejects', 'unavailable', { vote: 'failed' }, []],
    ['a failure in dry run', 'admitted', { vote: 'failed', enforced: false }, []],
  ])('of %s', (_, outcome, over, actions) => {
    expect(rowsOf(outcome, [vote(over)]).map((row) => row['action']?.S)).toEqual(actions);
  });

  it('shows who decided what, about which job, and why', () => {
    expect(rowsOf('rejected', [vote({ vote: 'reject', reason: 'No.' })])).toMatchObject([
      {
        subject: { S: 'tenant#101' },
        login: { S: 'acme' },
        who: { S: 'ctl_1' },
        reason: { S: 'No.' },
        after: { M: { repository: { S: 'acme/app' }, job_id: { N: '1' }, gate: { S: 'queue' } } },
      },
    ]);
  });

  it('is the platform’s, and names the tenant, if it was a controller of the operator', () => {
    const own = vote({ vote: 'reject', reason: 'No.', owner: platformOwner });
    const [first, second] = [1, 2].map((jobId) => rowsOf('rejected', [own], jobId)[0]);
    expect(first).toMatchObject({
      subject: { S: 'deployment' },
      entry: { S: '2026-11-21T13#admission-rejected#ctl_1#acme/app' },
      who: { S: 'ctl_1' },
      after: { M: { tenant: { S: 'acme' }, installation_id: { N: '101' }, job_id: { N: '1' } } },
    });
    expect(second?.['entry']).toEqual(first?.['entry']);
  });

  it('names each controller that failed open, in separate rows', () => {
    const [first, second] = ['ctl_1', 'ctl_2'].map((controllerId) => vote({ vote: 'failed', controllerId }));
    const tried = vote({ vote: 'failed', controllerId: 'ctl_3', enforced: false });
    const rows = rowsOf('failed-open', [first!, vote({}), second!, tried]);
    expect(rows.map((row) => row['who']?.S)).toEqual(['ctl_1', 'ctl_2']);
    expect(new Set(rows.map((row) => row['entry']?.S)).size).toBe(2);
  });

  it('has one row an hour for repeated rejections, and one for each job that failed open', () => {
    const entries = (outcome: Decision['outcome'], over: Partial<ControllerVote>) =>
      [1, 2].flatMap((jobId) => rowsOf(outcome, [vote(over)], jobId)).map((row) => row['entry']?.S);
    expect(new Set(entries('rejected', { vote: 'reject' })).size).toBe(1);
    expect(new Set(entries('failed-open', { vote: 'failed' })).size).toBe(2);
  });
});
