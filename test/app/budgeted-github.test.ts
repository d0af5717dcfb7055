/** Two copies of a function share what GitHub told either of them, and nothing of it reaches another tenant. */
import { describe, expect, it } from '@jest/globals';
import { budgetedGitHub } from '../../lib/app/common/budgeted-github.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { GitHub } from '../../lib/ports/github.ts';
import type { Notes } from '../../lib/ports/notes.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryGitHub } from '../fakes/github.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { acme, noon } from '../support/given.ts';

const other = InstallationId(202);
const hour = 3_600_000;
const scope = (organization: string) => ({ kind: 'organization', organization }) as const;

function givenCopies(budget?: { calls: number; limit: number }) {
  const clock = createMemoryClock(noon);
  const notes = createMemoryNotes();
  const telemetry = createMemoryTelemetry();
  const github = createMemoryGitHub();
  for (const [id, accountLogin] of [
    [acme, 'acme'],
    [other, 'other'],
  ] as const) {
    github.putInstallation(id, {
      accountId: id,
      accountLogin,
      accountType: 'Organization',
      suspended: false,
    });
  }
  if (budget) github.setBudget(acme, { ...budget, resetsAt: noon + hour, retryAfterSeconds: 3600 });
  const copyOn = (shared: Notes) => budgetedGitHub(github, { notes: shared, clock, telemetry });
  return { clock, notes, telemetry, github, one: copyOn(notes), two: copyOn(notes), copyOn };
}

const register = (github: GitHub, installationId = acme, organization = 'acme') =>
  github.createJitConfig({
    installationId,
    scope: scope(organization),
    name: 'i-1',
    labels: ['small'],
    runnerGroupId: 1,
  });
const remove = (github: GitHub) => github.removeRunner(acme, scope('acme'), 'i-1');
const ask = (github: GitHub) => github.getJob(acme, 'acme/app', JobId(1));
const limited = (retryAfterSeconds: number) => ({
  ok: false,
  refusal: { kind: 'limited', retryAfterSeconds },
});

describe('a limit that one copy met', () => {
  it('stops calls from every copy until it is over', async () => {
    const { github, clock, one, two } = givenCopies();
    github.failNext('createJitConfig', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    expect(await register(one)).toEqual(limited(60));
    clock.advance(20_000);
    expect(await register(two)).toEqual(limited(40));
    expect(await ask(one)).toEqual(limited(40));
    expect(github.registrations.size).toBe(0);
    clock.advance(40_000);
    expect(await register(two)).toMatchObject({ ok: true });
  });

  it('is known within a second to a copy that has just read the notes', async () => {
    const { github, clock, one, two } = givenCopies();
    await ask(one);
    github.failNext('createJitConfig', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    await register(two);
    clock.advance(1_000);
    expect(await register(one)).toEqual(limited(59));
    expect(github.registrations.size).toBe(0);
  });

  it('is recorded by one of the copies that met it at the same time, with three attempts', async () => {
    const { github, notes, copyOn } = givenCopies();
    let tries = 0;
    const busy = copyOn({
      ...notes,
      writeIf: async () => {
        tries += 1;
        return false;
      },
    });
    github.failNext('createJitConfig', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    expect(await register(busy)).toEqual(limited(60));
    expect(tries).toBe(3);
    expect(await ask(busy)).toEqual(limited(60));
  });

  it('delays no other tenant', async () => {
    const { github, one, two } = givenCopies();
    github.failNext('createJitConfig', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    await register(one);
    expect(await register(one, other, 'other')).toMatchObject({ ok: true });
    expect(await register(two, other, 'other')).toMatchObject({ ok: true });
  });

  it('is not shortened when another copy meets a shorter limit', async () => {
    const { github, clock, one, two, copyOn, notes } = givenCopies();
    let both = 0;
    github.createJitConfig = async () => ({
      ok: false,
      refusal: { kind: 'limited', retryAfterSeconds: both++ === 0 ? 900 : 60 },
    });
    await Promise.all([register(one), register(two)]);
    clock.advance(100_000);
    expect(await register(copyOn(notes))).toEqual(limited(800));
  });
});

describe('a low budget', () => {
  it.each([
    [1001, { ask: true, remove: true, register: true }],
    [900, { ask: false, remove: true, register: true }],
    [240, { ask: false, remove: false, register: true }],
  ])('with %i of 5000 left allows %j, in every copy', async (calls, through) => {
    const { one, copyOn, notes } = givenCopies({ calls: calls + 1, limit: 5000 });
    await ask(one);
    const outcomes = {
      ask: (await ask(copyOn(notes))).ok || 'absent',
      remove: (await remove(copyOn(notes))).ok,
      register: (await register(copyOn(notes))).ok,
    };
    const held = await ask(copyOn(notes));
    expect({ ...outcomes, ask: held.ok || held.refusal.kind !== 'limited' }).toEqual(through);
  });

  it('is full again after its hour', async () => {
    const { one, two, clock, github } = givenCopies({ calls: 100, limit: 5000 });
    await ask(one);
    expect(await remove(two)).toEqual(limited(3600));
    clock.advance(hour);
    github.setBudget(acme, { calls: 5000, limit: 5000, resetsAt: noon + 2 * hour, retryAfterSeconds: 1 });
    expect(await remove(two)).toMatchObject({ ok: true });
  });
});

describe('registrations', () => {
  const resource = 'actions_runner_registration' as const;

  it('continue while the other calls of the hour are used up, and do not change what is known about those', async () => {
    const { github, one, two } = givenCopies({ calls: 0, limit: 5000 });
    github.setBudget(acme, {
      resource,
      calls: 9,
      limit: 10_000,
      resetsAt: noon + hour,
      retryAfterSeconds: 60,
    });
    expect(await ask(one)).toMatchObject({ refusal: { kind: 'limited', resource: 'core' } });
    expect(await register(one)).toMatchObject({ ok: true });
    expect(await register(two)).toMatchObject({ ok: true });
    expect(await ask(two)).toEqual(limited(3600));
  });

  it('do not stop other calls when they are used up', async () => {
    const { github, one, two } = givenCopies({ calls: 5000, limit: 5000 });
    github.setBudget(acme, {
      resource,
      calls: 0,
      limit: 10_000,
      resetsAt: noon + hour,
      retryAfterSeconds: 900,
    });
    expect(await register(one)).toMatchObject({ refusal: { kind: 'limited', resource } });
    expect(await register(two)).toEqual(limited(900));
    expect(await remove(two)).toMatchObject({ ok: true });
    expect(await remove(one)).toMatchObject({ ok: true });
  });
});

describe('ordinary calls', () => {
  it('write no note while more than half is left, and read the notes once for calls in a row', async () => {
    const { notes, copyOn } = givenCopies({ calls: 4000, limit: 5000 });
    let reads = 0;
    const counting: Notes = {
      ...notes,
      glance: (...given) => {
        reads++;
        return notes.glance(...given);
      },
    };
    const copy = copyOn(counting);
    await register(copy);
    await ask(copy);
    expect(reads).toBe(1);
    expect(notes.all.size).toBe(0);
  });

  it('return their answer even if the note about it cannot be written', async () => {
    const { notes, copyOn, telemetry } = givenCopies({ calls: 1000, limit: 5000 });
    const failing: Notes = {
      ...notes,
      write: async () => {
        throw new OperationalError('No table.', { code: 'ResourceNotFoundException', retryable: false });
      },
    };
    expect(await remove(copyOn(failing))).toMatchObject({ ok: true });
    expect(telemetry.total('NotesFailed')).toBe(1);
  });

  it('report a low budget in steps, not at each call', async () => {
    const { notes, one } = givenCopies({ calls: 2400, limit: 5000 });
    let writes = 0;
    const write = notes.write.bind(notes);
    notes.write = async (...given) => {
      writes++;
      await write(...given);
    };
    for (let call = 0; call < 150; call++) await ask(one);
    expect(writes).toBe(2);
  });
});

describe('a copy', () => {
  it('remembers a thousand installations, and reads the notes of others again', async () => {
    const { notes, copyOn } = givenCopies();
    let reads = 0;
    const copy = copyOn({
      ...notes,
      glance: async (...given) => {
        reads += 1;
        return notes.glance(...given);
      },
    });
    const prepare = async (from: number, to: number) => {
      for (let id = from; id <= to; id++) await copy.prepare(InstallationId(id));
      return reads;
    };
    expect(await prepare(1, 1_000)).toBe(1_000);
    expect(await prepare(1, 1_001)).toBe(1_001);
    expect(await prepare(1, 1)).toBe(1_002);
  });
});
