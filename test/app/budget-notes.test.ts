/** Which calls count on an installation's budget, and what the notes about it hold: how copies that know of it read them. */
import { describe, expect, it } from '@jest/globals';
import { budgetedGitHub } from '../../lib/app/common/budgeted-github.ts';
import type { CallBudget } from '../../lib/core/github-budget.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Answer, GitHub } from '../../lib/ports/github.ts';
import type { Notes } from '../../lib/ports/notes.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { acme, noon } from '../support/given.ts';

const minute = 60_000;
const closedNote = `github-closed/${acme}`;
const budgetNote = `github-budget/${acme}`;
const scope = { kind: 'organization', organization: 'acme' } as const;
const registration = 'actions_runner_registration';

type Call = (github: GitHub) => Promise<unknown>;
const ask: Call = (github) => github.getJob(acme, 'acme/app', JobId(1));
const register: Call = (github) =>
  github.createJitConfig({ installationId: acme, scope, name: 'i-1', labels: [], runnerGroupId: 1 });

/** A GitHub that gives these answers in turn, the last one forever, and notes what it was asked. */
function givenCopies(...answers: Partial<Answer<never>>[]) {
  const clock = createMemoryClock(noon);
  const notes = createMemoryNotes();
  const asked: unknown[] = [];
  const github = new Proxy({} as GitHub, {
    get:
      (_, name) =>
      async (...given: unknown[]) => {
        asked.push([name, ...given]);
        return { ok: true, value: name, ...answers[Math.min(asked.length, answers.length) - 1] };
      },
  });
  const copyWith = (over: Partial<Notes> = {}) =>
    budgetedGitHub(github, { notes: { ...notes, ...over }, clock, telemetry: createMemoryTelemetry() });
  return { clock, notes, asked, copyWith, one: copyWith(), two: copyWith() };
}

const budget = (over: Partial<CallBudget>): CallBudget => ({
  ...{ resource: 'core', limit: 5000, remaining: 5000, resetsAt: noon + 60 * minute },
  ...over,
});
const limited = (seconds: number, resource?: CallBudget['resource']) => ({
  ok: false as const,
  refusal: { kind: 'limited' as const, retryAfterSeconds: seconds, ...(resource ? { resource } : {}) },
});

const ofInstallation: readonly [keyof GitHub, readonly unknown[]][] = [
  ['createJitConfig', [{ installationId: acme, scope, name: 'i-1', labels: [], runnerGroupId: 1 }]],
  ['removeRunner', [acme, scope, 'i-1']],
  ['rerunJob', [acme, 'acme/app', 1]],
  ['getJob', [acme, 'acme/app', 1]],
  ['getRun', [acme, 'acme/app', 1000]],
  ['listRepositories', [acme, '2']],
  ['getRepository', [acme, 11]],
  ['listRuns', [acme, 'acme/app', 'queued', '2']],
  ['listRunJobs', [acme, 'acme/app', 1000, '2']],
  ['getRunnerGroup', [acme, 'acme', 'builds']],
  ['admitToGroup', [acme, 'acme', { groupId: 1, repositoryId: 11 }]],
  ['listRunners', [acme, scope, '2']],
];
const call = (github: GitHub, name: keyof GitHub, given: readonly unknown[]) =>
  (github[name] as (...given: readonly unknown[]) => Promise<unknown>)(...given);

describe('a call', () => {
  it.each(ofInstallation)(
    '%s goes to GitHub unchanged, and not while GitHub limits calls',
    async (name, given) => {
      const { one, notes, asked, clock } = givenCopies();
      expect(await call(one, name, given)).toEqual({ ok: true, value: name });
      expect(asked).toEqual([[name, ...given]]);
      await notes.write(closedNote, { value: { all: noon + minute }, expiresAt: noon + minute });
      clock.advance(1000);
      expect(await call(one, name, given)).toEqual(limited(59));
      expect(asked).toHaveLength(1);
    },
  );

  it.each<[keyof GitHub, readonly unknown[]]>([
    ['getInstallation', [acme]],
    ['listDeliveries', ['failed', '2']],
    ['redeliver', [7]],
  ])('%s uses no budget: the App makes it as itself', async (name, given) => {
    const { one, notes, asked } = givenCopies();
    await notes.write(closedNote, { value: { all: noon + minute }, expiresAt: noon + minute });
    expect(await call(one, name, given)).toEqual({ ok: true, value: name });
    expect(asked).toEqual([[name, ...given]]);
  });
});

describe('the note about a limit', () => {
  it.each([
    ['until the time that it names', { all: noon + minute }, 60],
    ['until the time of its resource', { core: noon + minute, strange: noon + 80_000 }, 60],
  ])('holds calls back %s', async (_, value, seconds) => {
    const { one, notes } = givenCopies();
    await notes.write(closedNote, { value, expiresAt: noon + 90_000 });
    expect(await ask(one)).toEqual(limited(seconds));
  });

  it.each([{}, { core: 'later' }, { all: null }])(
    'holds no call back if it contains no time, and is replaced by the next limit: %j',
    async (value) => {
      const { one, notes } = givenCopies({}, limited(60));
      await notes.write(closedNote, { value, expiresAt: noon + 3_600_000 });
      expect(await ask(one)).toMatchObject({ ok: true });
      await ask(one);
      expect(notes.all.get(closedNote)).toMatchObject({
        value: { all: noon + minute },
        expiresAt: noon + minute,
      });
    },
  );

  it('keeps the limits of both resources until the later one, whoever met them', async () => {
    const { one, two, copyWith, notes } = givenCopies(limited(300, 'core'), limited(60, registration));
    await ask(one);
    // It asked before it could know.
    await register(two);
    expect(notes.all.get(closedNote)).toMatchObject({
      value: { core: noon + 5 * minute, [registration]: noon + minute },
      expiresAt: noon + 5 * minute,
    });
    expect(await ask(copyWith())).toEqual(limited(300));
    expect(await register(copyWith())).toEqual(limited(60));
  });

  it('is not written again by a copy that met the same limit', async () => {
    const { copyWith, notes } = givenCopies(limited(60));
    let writes = 0;
    const writeIf: Notes['writeIf'] = (...given) => {
      writes += 1;
      return notes.writeIf(...given);
    };
    // The second one has looked before the first one met the limit.
    const [one, two] = [copyWith({ writeIf }), copyWith({ writeIf })];
    await two.prepare(acme);
    expect([await ask(one), await ask(two)]).toMatchObject([limited(60), limited(60)]);
    expect(writes).toBe(1);
  });
});

describe('the note about a budget', () => {
  const low = budget({ remaining: 900 });

  it('reports a resource that runs low beside one that does not, until the later of their hours is over', async () => {
    const much = budget({ resource: registration, resetsAt: noon + 90 * minute });
    const { one, notes } = givenCopies({ budgets: { [registration]: much } }, { budgets: { core: low } });
    await register(one);
    expect(notes.all.size).toBe(0);
    await ask(one);
    expect(notes.all.get(budgetNote)).toMatchObject({
      value: { core: low, [registration]: much },
      expiresAt: noon + 90 * minute,
    });
  });

  it('applies to one installation: others keep calling', async () => {
    const { one, two } = givenCopies({ budgets: { core: low } });
    await ask(one);
    expect(await ask(two)).toMatchObject({ ok: false });
    expect(await two.getJob(InstallationId(202), 'other/app', JobId(2))).toMatchObject({ ok: true });
  });

  it.each([
    ['is full', budget({})],
    ['runs low', low],
  ])('is read once for calls in a row, though it %s', async (_, core) => {
    const { copyWith, notes } = givenCopies({ budgets: { core } });
    let reads = 0;
    const copy = copyWith({
      glance: (...given) => {
        reads += 1;
        return notes.glance(...given);
      },
    });
    for (const _ of [1, 2, 3]) await ask(copy);
    expect(reads).toBe(1);
  });

  it('is ignored if it does not contain a budget', async () => {
    const { one, notes } = givenCopies();
    const value = { core: { limit: 5000, remaining: 0, resetsAt: 'later' } };
    await notes.write(budgetNote, { value, expiresAt: noon + minute });
    expect(await ask(one)).toMatchObject({ ok: true });
  });
});
