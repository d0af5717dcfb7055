/** New jobs are covered once each, whatever becomes of the answers to the writes of their rows. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { InsertOutcome, JobStore } from '../../lib/ports/jobs.ts';
import { givenRules, putControllers } from '../support/controllers.ts';
import { givenEvent, givenTenant, givenTier, noon } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

const queued = (n: number, over = {}) => givenEvent({ jobId: JobId(n), queuedAt: noon + n, ...over });
const lost = new OperationalError('lost', { code: 'InternalServerError', retryable: true });

async function givenRoomy() {
  return givenPlatform({
    tenants: [givenTenant({ maxRunners: 5 })],
    deployment: { tiers: [givenTier({ maxRunners: 5 })] },
  });
}

/** The first writes of rows are answered in this way, and the rest as they are. */
function answerFirst(
  jobs: JobStore,
  times: number,
  answer: (outcomes: () => Promise<InsertOutcome[]>) => Promise<InsertOutcome[]>,
) {
  const insert = jobs.insert.bind(jobs);
  let calls = 0;
  jobs.insert = (rows) => (++calls <= times ? answer(() => insert(rows)) : insert(rows));
}

const loses = async (written: () => Promise<InsertOutcome[]>): Promise<InsertOutcome[]> => {
  await written();
  throw lost;
};

describe('new jobs whose rows are written', () => {
  it('are launched for and counted under controllers, though the answer was lost', async () => {
    const platform = await givenRoomy();
    await putControllers(platform.controllers, givenRules({}, 'false'));
    answerFirst(platform.stores.jobs, 1, loses);
    expect(await platform.accept(queued(1), queued(2, { repository: 'acme/\ud800' }))).toEqual(['m-2']);
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(platform.compute.requests).toHaveLength(1);
    expect(platform.telemetry.total('JobsAccepted')).toBe(1);
    await expectBalanced(platform);
  });

  it('are counted if only another one’s row is written again', async () => {
    const platform = await givenRoomy();
    answerFirst(platform.stores.jobs, 1, async (written) => [(await written())[0]!, lost]);
    await platform.accept(queued(1), queued(2));
    expect(platform.liveMachines()).toHaveLength(2);
    expect(platform.telemetry.total('JobsAccepted')).toBe(1);
    await expectBalanced(platform);
  });

  it('are given up after three attempts, and redelivered with their message', async () => {
    const platform = await givenRoomy();
    answerFirst(platform.stores.jobs, 3, async () => [lost]);
    expect(await platform.accept(queued(1))).toHaveLength(1);
    expect(platform.compute.requests).toEqual([]);
  });
});
