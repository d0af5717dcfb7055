/** A note that a hand, or another release, wrote in another form counts as lost: it stops nobody, and is written anew. */
import { describe, expect, it } from '@jest/globals';
import { aboutRun } from '../../lib/app/admission/about-run.ts';
import { createLongPolls } from '../../lib/app/admission-api/long-polls.ts';
import { deliveriesNote } from '../../lib/app/reconciler/reconcile-deliveries.ts';
import { tenantsNote, visitNote } from '../../lib/app/reconciler/reconcile-tenants.ts';
import { isSurelyGone, unknownNote } from '../../lib/app/tenants/note-unknown.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { NoteValue } from '../../lib/ports/notes.ts';
import { acme, givenEvent, givenJob, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

async function givenNote(name: string, value: NoteValue) {
  const platform = await givenPlatform();
  await platform.notes.write(name, { value, expiresAt: noon + 86_400_000 });
  return platform;
}
const reported = ({ telemetry }: Platform) =>
  telemetry.events.filter(({ name }) => name === 'note-unreadable').map(({ fields }) => fields['note']);

/** DynamoDB accepts no cursor that it has not given. */
function givenScans({ jobs }: Platform) {
  const scan = jobs.scanPendingAcrossTenants;
  const cursors: unknown[] = [];
  jobs.scanPendingAcrossTenants = async (page) => {
    cursors.push(page.cursor);
    if (page.cursor !== undefined) throw new Error('The provided starting key is invalid');
    return scan(page);
  };
  return { cursors };
}

describe('a malformed note', () => {
  it.each([
    { failures: null },
    { all: { floor: '1' } },
    { waiting: 'none' },
    { waiting: [[7, 'guid']] },
    { asked: [['guid', 1], null] },
  ])('of webhook deliveries lets all be walked through again: %j', async (value) => {
    const platform = await givenNote(deliveriesNote, value);
    const lost = { id: 1, guid: 'lost', statusCode: 503, deliveredAt: noon, isRedelivery: false };
    platform.github.deliveries.push(lost);
    await platform.reconcile();
    expect(platform.telemetry.total('Repairs', { kind: 'webhook-redelivered' })).toBe(1);
    expect(reported(platform)).toEqual([deliveriesNote]);
    await platform.reconcile();
    expect(reported(platform)).toEqual([deliveriesNote]);
  });

  it.each([
    { mark: { busyUnheard: 'i-1' }, note: visitNote(acme) },
    { mark: { strangers: [7] }, note: visitNote(acme) },
    { mark: { runsPages: { app: { cursor: 'next' } } }, note: visitNote(acme) },
    { mark: { lostTargets: { '7': 'yesterday' } }, note: tenantsNote },
  ])('of a visit loses what is malformed, and keeps the rest: %j', async ({ mark, note }) => {
    const platform = await givenNote(note, { ...mark, spentAt: noon + 1 });
    await platform.reconcile();
    expect(reported(platform)).toEqual([note]);
    const [name] = Object.keys(mark);
    const kept = platform.notes.all.get(note)!.value;
    expect(kept['spentAt']).toBe(noon + 1);
    expect(kept[name!]).not.toEqual(Object.values(mark)[0]);
  });

  it('of a visit has a tenant with unreported jobs caught up with from the start', async () => {
    const platform = await givenNote(visitNote(acme), { backlog: 'page 2' });
    const details = { runId: 1000, labels: givenJob().labels, createdAt: noon - 3_600_000 };
    platform.github.putJob(
      'acme/app',
      JobId(7),
      { status: 'queued', conclusion: null, runnerName: null },
      details,
    );
    await platform.reconcile();
    await platform.deliverPokes();
    expect(platform.queues.tiers.length + platform.stores.world.allJobs().length).toBe(1);
    expect(platform.notes.all.get(visitNote(acme))!.value['backlog']).toBeUndefined();
  });

  it.each([
    { name: 'launch-pace', value: {} },
    {
      name: 'launch-pace',
      value: { callsPerSecond: null, nextCallAt: 0, lineEndsAt: 0, turns: {}, slowedAt: 0 },
    },
    {
      name: 'launch-pace',
      value: { callsPerSecond: 5, nextCallAt: 0, lineEndsAt: 0, turns: { a: 1 }, slowedAt: 0 },
    },
    { name: 'closed-pools', value: { small: null } },
    { name: 'closed-pools', value: { small: { cause: 'unheard-of', code: 'X', until: noon * 2 } } },
  ])('of EC2’s shortages stops no launch: %j', async ({ name, value }) => {
    const platform = await givenNote(name, value);
    await platform.accept(givenEvent());
    expect(platform.liveMachines()).toHaveLength(1);
    // Throttled, then dry: what EC2 answers is learnt as ever.
    platform.compute.dials.refuseNext.push({ class: 'throttled', code: 'RequestLimitExceeded', message: '' });
    platform.compute.dials.pools.set('t3.medium:on-demand', 0);
    expect(await platform.accept(givenEvent({ jobId: JobId(2) }))).toEqual([]);
    expect(platform.notes.all.get('launch-pace')?.value).toMatchObject({
      callsPerSecond: expect.any(Number),
    });
  });

  const place = { cursor: 'c', startedAt: noon, lastMilliseconds: 0 };
  it.each([
    { ...place, cursor: 7 },
    { ...place, startedAt: 'noon' },
    { ...place, lastMilliseconds: null },
    { ...place, line: null },
    { ...place, line: { installationId: acme, blocked: 'many', waiting: 0 } },
  ])('of the sweep’s place lets it begin again: %j', async (value) => {
    const platform = await givenNote('sweep/pending', value);
    await platform.stores.jobs.insert([givenJob()]);
    const { cursors } = givenScans(platform);
    await platform.sweep();
    expect(cursors).toEqual([undefined]);
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('of the sweep’s place lets the next one begin again if DynamoDB does not accept it', async () => {
    const platform = await givenNote('sweep/pending', place);
    await platform.stores.jobs.insert([givenJob()]);
    givenScans(platform);
    await expect(platform.sweep()).rejects.toThrow('parts of the sweep failed');
    platform.clock.advance(60_000);
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it.each([{ about: 'a push' }, { about: { ref: 'main' } }, { why: 7 }, {}])(
    'of a run’s facts has GitHub asked again: %j',
    async (value) => {
      const job = givenJob({ runId: 1000, runAttempt: 1 });
      const platform = await givenNote(`runs/${acme}/1000/1`, value);
      const about = {
        attempt: 1,
        ref: 'main',
        event: 'push',
        fork: false,
        actor: 'octocat',
        path: 'build.yml',
      };
      platform.github.putRun('acme/app', { runId: 1000, completed: false, conclusion: null, about });
      const deps = { ...platform, loadGitHub: async () => platform.github };
      expect(await aboutRun(deps, job)).toEqual({ kind: 'known', about });
      expect(platform.notes.all.get(`runs/${acme}/1000/1`)?.value).toEqual({ about });
    },
  );

  it('of an unknown installation is no proof that GitHub does not know it', async () => {
    const platform = await givenNote(unknownNote(acme), { since: true });
    const event = { kind: 'installation', event: 'installation.created', installationId: acme } as never;
    expect(await isSurelyGone(platform, event)).toBe(false);
    expect(platform.notes.all.get(unknownNote(acme))?.value).toEqual({ since: noon });
  });

  it('of jobs with unknown labels lets their rows be counted from the start', async () => {
    const platform = await givenNote(`unknown-labels/${acme}`, { jobs: 'many' });
    const { tier: _, ...unknown } = givenEvent({ labels: ['windows'] });
    await platform.follow(unknown);
    expect(await platform.job(1)).toMatchObject({ outcome: 'refused' });
    expect(platform.notes.all.get(`unknown-labels/${acme}`)?.value).toEqual({ jobs: 1 });
  });

  it.each([{ open: 'x' }, { open: [7] }, { open: [{ id: 'p', owner: acme }] }])(
    'of waiting requests leaves all places free: %j',
    async (value) => {
      const platform = await givenNote('long-polls', value);
      const { take } = createLongPolls(platform, { inAll: 1, ofOwner: 1 });
      const place = await take(acme, 1_000);
      expect(place).toBeDefined();
      expect(await take(acme, 1_000)).toBeUndefined();
      await platform.notes.write('long-polls', { value, expiresAt: noon + 60_000 });
      await place!.giveBack();
      expect(await take(acme, 1_000)).toBeDefined();
    },
  );
});
