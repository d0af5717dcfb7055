/** How many pending jobs each tenant has, counted page by page as the sweep reads them. */
import { describe, expect, it } from '@jest/globals';
import { blockedBeyond, countLines } from '../../lib/app/sweep/count-lines.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { acme, givenJob } from '../support/given.ts';

const globex = InstallationId(202);
const waiting = givenJob({ jobId: JobId(1) });
const running = givenJob({ jobId: JobId(2), state: 'running' });
const blocked = [3, 4, 5].map((jobId) => givenJob({ jobId: JobId(jobId), state: 'blocked' }));
const theirs = givenJob({ jobId: JobId(6), installationId: globex });
const line = (installationId: InstallationId, counts: { blocked: number; waiting: number }) => ({
  installationId,
  ...counts,
});

describe('the lines of a page', () => {
  it('count waiting and blocked jobs by tenant, and name the last tenant', () => {
    const { lines, last } = countLines([...blocked, running, waiting, theirs], undefined);
    expect([...lines.values()]).toEqual([
      line(acme, { blocked: 3, waiting: 1 }),
      line(globex, { blocked: 0, waiting: 1 }),
    ]);
    expect(last).toEqual(line(globex, { blocked: 0, waiting: 1 }));
  });

  it('continue the count of the tenant in whose jobs the previous page ended', () => {
    const { lines } = countLines([waiting], line(acme, { blocked: 7, waiting: 2 }));
    expect(lines.get(acme)).toEqual(line(acme, { blocked: 7, waiting: 3 }));
  });

  it('start again for another tenant', () => {
    const { lines, last } = countLines([theirs], line(acme, { blocked: 7, waiting: 2 }));
    expect([...lines.keys()]).toEqual([globex]);
    expect(last).toEqual(line(globex, { blocked: 0, waiting: 1 }));
  });

  it('pass on the previous page’s count if this one has no jobs', () => {
    const carried = line(acme, { blocked: 7, waiting: 2 });
    expect(countLines([], carried)).toEqual({ lines: new Map(), last: carried });
  });
});

describe('the blocked jobs beyond a limit', () => {
  it('are the last ones of the page, as many as exceed the limit of the whole line', () => {
    const jobs = [...blocked, running, waiting];
    expect(blockedBeyond(jobs, line(acme, { blocked: 12, waiting: 1 }), 10)).toEqual(blocked.slice(1));
  });

  it('are none up to the limit, and none for a tenant without a count', () => {
    expect(blockedBeyond(blocked, line(acme, { blocked: 3, waiting: 0 }), 3)).toEqual([]);
    expect(blockedBeyond(blocked, undefined, 0)).toEqual([]);
  });
});
