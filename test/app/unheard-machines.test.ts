/** Jobs that the App hears nothing about: what is kept of them on machines, and what of an event about one that it hears of. */
import { describe, expect, it } from '@jest/globals';
import { jobOfEvent } from '../../lib/app/common/job-of-event.ts';
import {
  forgetUnregistered,
  isOnlyRemover,
  isUnheard,
  noteUnknownRun,
  noteUnregistered,
  noteUnregisteredOnce,
} from '../../lib/app/common/unknown-run.ts';
import { InstanceId, JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import type { Runner } from '../../lib/core/runner.ts';
import { givenRunner, machine } from '../contracts/support/stored.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { acme, givenEvent, givenJob, givenTenant, noon } from '../support/given.ts';

const hour = 3_600_000;

describe('a machine', () => {
  it.each<[string, Partial<Runner>, Job | undefined, boolean]>([
    ['nobody knows what it runs', {}, givenJob(), true],
    ['its job has no row', {}, undefined, true],
    ['it runs another job', { ran: JobId(2) }, givenJob(), false],
    ['an unknown run was found on it', { unknownRunAt: noon }, givenJob(), false],
    ['its own job runs on it', {}, givenJob({ runner: machine }), false],
    ['its own job runs on another one', {}, givenJob({ runner: InstanceId('i-2') }), true],
  ])('may run an unreported job where %s: %j', (_, over, planned, answer) => {
    expect(isUnheard(givenRunner(over), planned)).toBe(answer);
  });

  it('is found unregistered once, and again if it was registered in between', async () => {
    const deps = { notes: createMemoryNotes(), clock: createMemoryClock(noon) };
    expect(await noteUnregistered(deps, machine)).toBe(true);
    expect(await noteUnregisteredOnce(deps, machine)).toBe(false);
    expect(await noteUnregistered(deps, InstanceId('i-2'))).toBe(true);
    const kept = [...deps.notes.all.values()].map(({ expiresAt }) => expiresAt);
    expect(kept).toEqual([noon + 3 * hour, noon + 3 * hour]);
    await forgetUnregistered(deps, machine);
    expect([...deps.notes.all.values()][0]).toMatchObject({ value: {}, expiresAt: noon });
    expect(await noteUnregistered(deps, machine)).toBe(true);
  });

  it('is no proof of an unknown run to whoever noted it first, once another caller may have removed it', async () => {
    const deps = { notes: createMemoryNotes(), clock: createMemoryClock(noon) };
    expect(await isOnlyRemover(deps, machine)).toBe(false);
    expect(await noteUnregisteredOnce(deps, machine)).toBe(true);
    expect(await noteUnregisteredOnce(deps, machine)).toBe(false);
    expect(await isOnlyRemover(deps, machine)).toBe(true);
    deps.clock.advance(hour);
    expect(await noteUnregistered(deps, machine)).toBe(false);
    expect(await isOnlyRemover(deps, machine)).toBe(false);
    await forgetUnregistered(deps, machine);
    expect(await noteUnregisteredOnce(deps, machine)).toBe(false);
    deps.clock.advance(3 * hour);
    expect(await noteUnregisteredOnce(deps, machine)).toBe(true);
  });

  it('has its unknown run counted once', async () => {
    const { world, runners } = createMemoryStores();
    world.rows.tenants.set(acme, givenTenant());
    world.rows.runners.set(machine, givenRunner());
    const telemetry = createMemoryTelemetry();
    const deps = { runners, telemetry, clock: createMemoryClock(noon) };
    const noted = [await noteUnknownRun(deps, givenRunner()), await noteUnknownRun(deps, givenRunner())];
    expect(noted).toEqual([true, false]);
    expect(telemetry.total('UnknownJobsRun')).toBe(1);
    expect(world.rows.runners.get(machine)).toMatchObject({ unknownRunAt: noon });
    expect(world.rows.tenants.get(acme)).toMatchObject({ unknownRuns: 1 });
  });
});

it('keeps the facts of a job’s first event that later decide whether it may run', () => {
  const facts = { repositoryId: 11, visibility: 'public', runAttempt: 2, workflow: 'Build' } as const;
  expect(jobOfEvent(givenEvent(facts), noon + 1)).toEqual({
    ...{ installationId: acme, jobId: 1, tier: 'small', repository: 'acme/app', repositoryOwnerId: 1 },
    ...{ runId: 1000, labels: ['self-hosted', 'linux', 'x64', 'small'], queuedAt: noon, ...facts },
    ...{ acceptedAt: noon + 1, attempts: 0 },
  });
});
