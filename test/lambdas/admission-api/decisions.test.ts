/** What a tenant reads of decisions in which the operator's own controllers had a say. */
import { describe, expect, it } from '@jest/globals';
import { platformOwner } from '../../../lib/core/controllers/controller.ts';
import type { ControllerVote, Decision } from '../../../lib/core/controllers/decision.ts';
import { JobId } from '../../../lib/core/ids.ts';
import { givenApi } from '../../support/admission-api.ts';
import { acme } from '../../support/given.ts';

const vote = (over: Partial<ControllerVote>): ControllerVote => ({
  controllerId: 'ctl_own',
  owner: acme,
  vote: 'admit',
  enforced: true,
  milliseconds: 3,
  ...over,
});
const ofOperator = (over: Partial<ControllerVote>) =>
  vote({ controllerId: 'ctl_secret', owner: platformOwner, ...over });

async function shown(outcome: Decision['outcome'], ...votes: ControllerVote[]) {
  const { call, stores, clock } = await givenApi();
  const decidedAt = new Date(clock.now()).toISOString();
  const about = { installationId: acme, jobId: JobId(1), repository: 'acme/app', gate: 'queue' } as const;
  await stores.controllers.recordDecisions([
    { ...about, epoch: 1, platformEpoch: 2, outcome, votes, decidedAt },
  ]);
  const [page, ofJob] = [await call('GET', '/decisions'), await call('GET', '/decisions?job=1')];
  expect(ofJob.body).toEqual(page.body);
  expect(JSON.stringify(page.body)).not.toContain('ctl_secret');
  return page.body.decisions.map((one: Decision) => [
    one.outcome,
    one.votes.map(({ controllerId, vote: said, reason }) => [controllerId, said, reason ?? '-'].join(' ')),
  ]);
}

describe('decisions, as the tenant reads them', () => {
  it('name the operator’s policy if it rejected, with its reason', async () => {
    const votes = [ofOperator({ vote: 'reject', reason: 'Closed.' }), vote({})];
    expect(await shown('rejected', ...votes)).toEqual([
      ['rejected', ['operator reject Closed.', 'ctl_own admit -']],
    ]);
  });

  it.each<[string, Partial<ControllerVote>, Decision['outcome'], Decision['outcome']]>([
    ['an admission', {}, 'admitted', 'admitted'],
    ['a rejection in dry run', { vote: 'reject', enforced: false }, 'admitted', 'admitted'],
    ['an exemption', { vote: 'exempt' }, 'admitted', 'admitted'],
    ['a failure that admits', { vote: 'failed', reason: 'secret.example' }, 'failed-open', 'admitted'],
    ['a failure that rejects', { vote: 'failed', reason: 'secret.example' }, 'unavailable', 'unavailable'],
  ])('keep %s by the operator to the operator', async (_, over, outcome, said) => {
    expect(await shown(outcome, ofOperator(over), vote({}))).toEqual([[said, ['ctl_own admit -']]]);
  });

  it('are listed in pages, each once, and a mistyped place is refused', async () => {
    const { call, stores, clock } = await givenApi();
    const made = [1, 2, 3].map((n) => ({
      ...{ installationId: acme, jobId: JobId(n), repository: 'acme/app', gate: 'queue' as const, epoch: n },
      ...{ outcome: 'admitted' as const, votes: [vote({})], decidedAt: new Date(clock.now()).toISOString() },
    }));
    await stores.controllers.recordDecisions(made);
    const jobs: number[] = [];
    let after = '';
    for (const _page of [1, 2, 3]) {
      const { body } = await call('GET', `/decisions?limit=1${after}`);
      jobs.push(...body.decisions.map(({ jobId }: { jobId: number }) => jobId));
      after = `&after=${encodeURIComponent(body.next)}`;
    }
    expect(jobs).toEqual([3, 2, 1]);
    const { body } = await call('GET', '/decisions?limit=1');
    for (const wrong of [`${body.next}x`, body.next.slice(0, -1), body.next.slice(1), ` ${body.next}`])
      expect(await call('GET', `/decisions?after=${encodeURIComponent(wrong)}`)).toMatchObject({
        status: 400,
        body: { field: 'after' },
      });
  });

  it('are listed for 30 days, also if their rows are still there', async () => {
    const { call, stores, clock } = await givenApi();
    const about = { installationId: acme, repository: 'acme/app', gate: 'queue', epoch: 1 } as const;
    const decidedAt = new Date(clock.now()).toISOString();
    await stores.controllers.recordDecisions([
      { ...about, jobId: JobId(1), outcome: 'admitted', votes: [vote({})], decidedAt },
    ]);
    clock.advance(30 * 86_400_000);
    expect((await call('GET', '/decisions')).body.decisions).toHaveLength(1);
    clock.advance(1);
    expect((await call('GET', '/decisions')).body.decisions).toEqual([]);
  });

  it('are not there if the operator’s controllers alone admitted', async () => {
    expect(await shown('admitted', ofOperator({}))).toEqual([]);
    expect(await shown('admitted')).toEqual([['admitted', []]]);
    const own = vote({ vote: 'failed', reason: 'late' });
    expect(await shown('failed-open', ofOperator({}), own)).toEqual([
      ['failed-open', ['ctl_own failed late']],
    ]);
  });
});
