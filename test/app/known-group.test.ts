/** What copies share of GitHub's answers about a runner group: what they keep, for whom, and how often they ask again. */
import { describe, expect, it } from '@jest/globals';
import {
  groupNameOf,
  keepGroupKnown,
  knownGroup,
  lookAtGroup,
  readGroupNote,
} from '../../lib/app/common/runner-groups.ts';
import type { GitHubRefusal } from '../../lib/core/github.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import type { RunnerGroup } from '../../lib/core/runner-group.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { GitHub } from '../../lib/ports/github.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { acme, givenDeployment, givenTenant, noon } from '../support/given.ts';

const groupHeldSeconds = 120;

const tenant = givenTenant();
const builds = { id: 9, name: 'builds', visibility: 'all', allowsPublicRepositories: false } as const;
const forbidden = { kind: 'forbidden', message: 'Resource not accessible' } as const;
const notFound = { kind: 'not-found', message: 'Not Found' } as const;
const limited = { kind: 'limited', retryAfterSeconds: 60 } as const;

type Says = RunnerGroup | undefined | GitHubRefusal;

/** `says` asks a GitHub that says this; `known` is what any copy reads afterwards. */
function givenCopy() {
  const [clock, notes, queues] = [createMemoryClock(noon), createMemoryNotes(), createMemoryQueues()];
  let claims = 0;
  const counting: typeof notes = {
    ...notes,
    writeIf: (...given) => {
      claims += 1;
      return notes.writeIf(...given);
    },
  };
  const deps = {
    ...{ clock, queues, telemetry: createMemoryTelemetry() },
    ...{ deployment: givenDeployment(), notes: counting },
  };
  const says = (answer: Says, of: Partial<Tenant> = {}) =>
    lookAtGroup(
      {
        ...deps,
        github: {
          getRunnerGroup: async () =>
            answer && 'kind' in answer ? { ok: false, refusal: answer } : { ok: true, value: answer },
        } as Partial<GitHub> as GitHub,
      },
      { ...tenant, ...of },
    );
  const known = async (of: Partial<Tenant> = {}) => {
    const one = { ...tenant, ...of };
    return knownGroup(deps, one, await readGroupNote(deps, one.installationId));
  };
  return { clock, notes, queues, deps, says, known, claims: () => claims };
}

describe('the answer about a runner group', () => {
  it.each<[string, Says, object]>([
    ['a group', builds, { standing: { kind: 'found', group: builds } }],
    ['none', undefined, { standing: { kind: 'missing' } }],
  ])('is known to all copies where it is %s', async (_, answer, seen) => {
    const { says, known } = givenCopy();
    expect(await says(answer)).toEqual({ known: { ...seen, lookedAt: noon } });
    expect(await known()).toEqual({ ...seen, lookedAt: noon });
  });

  it('is about one group of one tenant: a group of another name counts as unknown', async () => {
    const { says, known } = givenCopy();
    await says(builds, { runnerGroup: 'builds' });
    expect(await known({ runnerGroup: 'builds' })).toMatchObject({ name: 'builds', lookedAt: noon });
    expect(await known({ runnerGroup: 'others' })).toEqual({ name: 'others', lookedAt: 0 });
    expect(await known()).toEqual({ lookedAt: 0 });
    const other = { installationId: InstallationId(202), runnerGroup: 'builds' };
    expect(await known(other)).toEqual({ name: 'builds', lookedAt: 0 });
  });

  it('has no name if runners register with repositories', () => {
    const { deps } = givenCopy();
    const named = givenTenant({ runnerGroup: 'builds' });
    expect(groupNameOf(deps, named)).toBe('builds');
    expect(groupNameOf(deps, { ...named, accountType: 'User' })).toBeUndefined();
  });
});

describe('a refusal to say what a runner group admits', () => {
  const found = { standing: { kind: 'found', group: builds } };

  it.each<[GitHubRefusal, object]>([
    [forbidden, { kind: 'unreadable' }],
    [notFound, { kind: 'unavailable', message: 'Not Found' }],
  ])('counts once GitHub repeats it a minute later: %j', async (refusal, standing) => {
    const { says, known, clock } = givenCopy();
    await says(builds);
    clock.advance(1000);
    const refusedSince = clock.now();
    expect(await says(refusal)).toEqual({
      known: { ...found, refusedSince, lookedAt: refusedSince },
      refusal,
    });
    clock.advance((groupHeldSeconds / 2) * 1000 - 1);
    await says(refusal);
    expect(await known()).toEqual({ ...found, refusedSince, lookedAt: clock.now() });
    clock.advance(1);
    await says(refusal);
    expect(await known()).toEqual({ standing, refusedSince, lookedAt: clock.now() });
    await says(builds);
    expect(await known()).toEqual({ ...found, lookedAt: clock.now() });
  });

  it('because of too many calls changes nothing that is known', async () => {
    const { says, known, clock } = givenCopy();
    await says(builds);
    await says(forbidden);
    clock.advance(groupHeldSeconds * 1000);
    expect(await says(limited)).toEqual({
      known: { ...found, refusedSince: noon, lookedAt: clock.now() },
      refusal: limited,
    });
    expect(await known()).toEqual({ ...found, refusedSince: noon, lookedAt: noon });
    const anew = givenCopy();
    expect(await anew.says(limited)).toEqual({ known: { lookedAt: noon }, refusal: limited });
    expect(anew.notes.all.size).toBe(0);
  });
});

describe('another lookup of a runner group', () => {
  const second = 1000;
  const seen = { lookedAt: noon };

  it.each([
    ['an hour where it admits what waits', 3_600, {}, false],
    ['two minutes where it holds jobs', groupHeldSeconds, {}, true],
    ['two minutes where GitHub refused to answer', groupHeldSeconds, { refusedSince: noon }, false],
  ])('is requested after %s', async (_, seconds, over, holdsJobs) => {
    const { deps, clock, queues } = givenCopy();
    const look = { tenant, group: { ...seen, ...over }, holdsJobs };
    clock.advance(seconds * second - 1);
    await keepGroupKnown(deps, look);
    expect(queues.installations).toEqual([]);
    clock.advance(1);
    await keepGroupKnown(deps, look);
    expect(queues.installations).toEqual([{ kind: 'look-at-group', installationId: acme }]);
  });

  it('is requested by one copy in twenty seconds, which then writes nothing for that time', async () => {
    const { deps, clock, queues, claims } = givenCopy();
    const twin = { ...deps, notes: { ...deps.notes } };
    const look = { tenant, group: { lookedAt: 0 }, holdsJobs: true };
    for (const copy of [deps, twin, deps, twin]) await keepGroupKnown(copy, look);
    expect([queues.installations.length, claims()]).toEqual([1, 2]);
    clock.advance(20 * second - 1);
    await keepGroupKnown(deps, look);
    expect([queues.installations.length, claims()]).toEqual([1, 2]);
    clock.advance(1);
    await keepGroupKnown(deps, look);
    expect([queues.installations.length, claims()]).toEqual([2, 3]);
  });

  it('is requested for another tenant, and immediately for a group that was just named', async () => {
    const { deps, queues, notes, claims } = givenCopy();
    const other = givenTenant({ installationId: InstallationId(202) });
    const look = { group: { lookedAt: 0 }, holdsJobs: true };
    const named = { lookedAt: 0, name: 'b'.repeat(150) };
    await keepGroupKnown(deps, { ...look, tenant });
    await keepGroupKnown(deps, { ...look, tenant: other });
    await keepGroupKnown(deps, { ...look, tenant, group: named });
    // Each of these was asked for a moment ago.
    for (const again of [tenant, other]) await keepGroupKnown(deps, { ...look, tenant: again });
    expect(queues.installations).toMatchObject([{ installationId: acme }, {}, { installationId: acme }]);
    expect(claims()).toBe(3);
    // DynamoDB's keys have a bound, and GitHub's names may be longer.
    expect([...notes.all.keys()].at(-1)).toBe(`runner-group-asked/${acme}/${'b'.repeat(100)}`);
  });

  it.each<Partial<Tenant>>([{ status: 'suspended' }, { accountType: 'User' }])(
    'is not requested for a tenant with %j',
    async (over) => {
      const { deps, queues } = givenCopy();
      const look = { tenant: { ...tenant, ...over }, group: { lookedAt: 0 }, holdsJobs: true };
      await keepGroupKnown(deps, look);
      expect(queues.installations).toEqual([]);
    },
  );
});
