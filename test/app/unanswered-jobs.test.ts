/** A question about an unsettled job that got no answer is asked again within minutes, not at its next regular time. */
import { describe, expect, it } from '@jest/globals';
import { readUnanswered, unansweredNote } from '../../lib/app/sweep/unanswered.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { acme, givenEvent, givenJob, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';
import { minutes } from '../support/swept.ts';

const asksPerTenant = 30;

const status = (kind: 'waiting' | 'queued') =>
  ({ status: kind, conclusion: null, runnerName: null }) as const;
const asked = ({ telemetry }: Platform) => telemetry.total('Repairs', { kind: 'unsettled-job-asked' });

/** Job 1 was approved, which nobody reported. It is time to ask about it, and the next time is an hour later. */
async function givenBlocked(jobs = 1) {
  const platform = await givenPlatform();
  for (let id = 1; id <= jobs; id += 1) {
    await platform.follow(givenEvent({ action: 'waiting', jobId: JobId(id) }));
    platform.github.putJob('acme/app', JobId(id), status('waiting'));
  }
  platform.clock.advance(minutes(64));
  platform.github.putJob('acme/app', JobId(1), status('queued'));
  return platform;
}

async function sweepFor(platform: Platform, count: number) {
  for (let minute = 0; minute < count; minute += 1) {
    await platform.sweep();
    platform.clock.advance(minutes(1));
  }
}

describe('an unsettled job that GitHub gave no answer about', () => {
  it('is asked about again after a few minutes if the calls were limited', async () => {
    const platform = await givenBlocked();
    platform.github.failNext('getJob', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    await sweepFor(platform, 5);
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    await sweepFor(platform, 1);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('is asked about once the limit is over, and only then', async () => {
    const platform = await givenBlocked();
    platform.github.failNext('getJob', { refusal: { kind: 'limited', retryAfterSeconds: 900 } });
    await sweepFor(platform, 15);
    expect(asked(platform)).toBe(1);
    await sweepFor(platform, 1);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('is asked about again if the call failed', async () => {
    const platform = await givenBlocked();
    const { getJob } = platform.github;
    platform.github.getJob = () =>
      Promise.reject(new OperationalError('GitHub is away.', { code: 'GitHubUnavailable', retryable: true }));
    await expect(platform.sweep()).rejects.toThrow('parts of the sweep failed');
    platform.github.getJob = getJob;
    platform.clock.advance(minutes(5));
    await sweepFor(platform, 1);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('keeps to its regular times after an answer, and after a refusal that may last', async () => {
    const platform = await givenBlocked();
    platform.github.failNext('getJob', { refusal: { kind: 'forbidden', message: 'No.' } });
    await sweepFor(platform, 50);
    expect(asked(platform)).toBe(1);
    expect(platform.notes.all.has(unansweredNote)).toBe(false);
  });

  it('is asked about at the next sweep if there were too many others', async () => {
    const platform = await givenBlocked(asksPerTenant * 2);
    await sweepFor(platform, 2);
    expect(asked(platform)).toBe(asksPerTenant * 2);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
    await sweepFor(platform, 5);
    expect(platform.notes.all.get(unansweredNote)?.value).toEqual({ at: {} });
  });

  it('keeps its turn if another tenant has hundreds of them', async () => {
    const others = Array.from({ length: 500 }, (_, n) =>
      givenJob({ installationId: InstallationId(200), jobId: JobId(n + 2), unsettledAt: noon }),
    );
    const job = givenJob({ unsettledAt: noon });
    const notes = createMemoryNotes();
    const unanswered = readUnanswered(undefined, noon, [job, ...others]);
    for (const each of [job, ...others]) unanswered.notAsked(each);
    await unanswered.keep(notes);
    const kept = (await notes.read([unansweredNote], noon)).get(unansweredNote);
    expect(Object.keys(kept?.value['at'] as object)).toHaveLength(200);
    expect(readUnanswered(kept, noon, [job]).isDue(job)).toBe(true);
  });

  it('has one write of the note, which lasts until an hour after its time', async () => {
    const job = givenJob({ unsettledAt: noon });
    const notes = createMemoryNotes();
    const noteAt = async (now: number) => (await notes.read([unansweredNote], now)).get(unansweredNote);
    const first = readUnanswered(undefined, noon, [job]);
    first.failed(job, 7_200);
    await first.keep(notes);
    const later = noon + minutes(119);
    await readUnanswered(await noteAt(later), later, [job]).keep(notes);
    // By now the job is done, and no sweep reads it any more.
    const last = noon + minutes(179);
    await readUnanswered(await noteAt(last), last, []).keep(notes);
    expect(await noteAt(last)).toMatchObject({ version: 1 });
    expect(await noteAt(noon + minutes(180))).toBeUndefined();
  });

  it.each([{ at: 7 }, { at: { [`${acme}/1`]: '0' } }, {}])(
    'of a malformed note is forgotten: %j',
    async (value) => {
      const platform = await givenBlocked();
      platform.github.putJob('acme/app', JobId(1), status('waiting'));
      await platform.sweep();
      platform.clock.advance(minutes(1));
      await platform.notes.write(unansweredNote, { value, expiresAt: platform.clock.now() + minutes(9) });
      await platform.sweep();
      expect(asked(platform)).toBe(1);
    },
  );
});
