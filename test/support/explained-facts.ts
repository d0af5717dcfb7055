/** The facts of a situation, read from the in-memory stores as the command reads them, with the number of calls. */
import type { Facts } from '../../lib/app/insight/facts.ts';
import { gatherFacts } from '../../lib/app/insight/gather-facts.ts';
import { JobId } from '../../lib/core/ids.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { jobKey } from '../fakes/world.ts';
import { acme, givenDeployment } from './given.ts';
import { now } from './given-facts.ts';
import { rowsOf, type Situation } from './situations.ts';

/** Stores with the situation's rows. `calls` counts from then on. */
export async function storedSituation(situation: Situation) {
  const stores = createMemoryStores();
  const notes = createMemoryNotes();
  const { rows } = stores.world;
  const { tenants, jobs, launches, runners } = rowsOf(situation);
  for (const tenant of tenants) rows.tenants.set(tenant.installationId, tenant);
  for (const job of jobs) rows.jobs.set(jobKey(job.installationId, job.jobId), job);
  for (const launch of launches) rows.launches.set(launch.launchId, launch);
  for (const runner of runners) rows.runners.set(runner.instanceId, runner);
  for (const [name, value] of Object.entries(situation.notes ?? {})) {
    await notes.write(name, { value, expiresAt: now + 600_000 });
  }
  const { cap, deployment, unreadable } = situation;
  if (unreadable)
    for (const key of rows[unreadable].keys()) stores.world.unreadable.add(unreadableName(unreadable, key));
  if (cap) {
    rows.capRows.set(cap.row, { key: cap.row, leases: cap.leases, changes: 0 });
    rows.lines.set(cap.row.replace(/^shared\/(.*)\/0$/, '$1'), cap.line);
  }
  let calls = 0;
  const counted: typeof notes = {
    ...notes,
    read(names, at) {
      calls++;
      return notes.read(names, at);
    },
    glance(names, at) {
      calls++;
      return notes.glance(names, at);
    },
  };
  stores.world.beforeCall = () => void calls++;
  const deps = {
    deployment: givenDeployment(deployment),
    ...stores,
    notes: counted,
    clock: createMemoryClock(now),
  };
  return { deps, calls: () => calls };
}

export async function explainedFacts(situation: Situation): Promise<{ facts: Facts; calls: number }> {
  const { deps, calls } = await storedSituation(situation);
  const asked = { installationId: acme, jobId: JobId(1), repository: 'acme/app' };
  const facts = await gatherFacts(deps, asked);
  const { github, deadLetters, drain } = situation;
  return {
    facts: {
      ...facts,
      ...(github && { github }),
      ...(deadLetters && { deadLetters }),
      ...(drain && { drain }),
    },
    calls: calls(),
  };
}
