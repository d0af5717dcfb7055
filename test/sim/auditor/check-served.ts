/**
 * In a calm world a job that lost its machine to another job is served at once: each job that is queued on GitHub and
 * known here has a machine that is free or on its way, unless there is no room for one. Busy machines are counted by
 * the job that they really run, whatever the rows say.
 */
import { type Books, limitInTier, type Note } from './books.ts';
import { hasSharedRoom, isHeldByControllers, isJustRaised, isResting } from './check-waiting.ts';

/** A start is reported within seconds, and its consequences follow as quickly; a launch and an end take a few more. */
const longestSeconds = 60;

export function createServedCheck(books: Books, note: Note): () => void {
  const since = new Map<string, number>();
  return () => {
    const short = new Set(shortPlaces(books));
    for (const key of short) {
      if (!since.has(key)) since.set(key, books.now());
      const seconds = (books.now() - since.get(key)!) / 1000;
      if (seconds > longestSeconds)
        note(
          'jobs-without-machines',
          `${key} has had fewer machines than jobs for ${seconds} s, although there is room`,
        );
    }
    for (const key of since.keys()) if (!short.has(key)) since.delete(key);
  };
}

function* shortPlaces(books: Books): Iterable<string> {
  const live = books.live();
  for (const tenant of books.rows.tenants.values()) {
    if (tenant.status !== 'active' || tenant.predecessor !== undefined) continue;
    if (tenant.leases >= tenant.maxRunners || isJustRaised(books, tenant)) continue;
    for (const { name } of books.deployment.tiers) {
      const leases = tenant.tierLeases.get(name) ?? 0;
      if (leases >= limitInTier(books.deployment, tenant, name) || !hasSharedRoom(books, name)) continue;
      const atWork = live
        .filter((machine) => machine.tenant === tenant.installationId && machine.tier === name)
        // Without any event, the platform finds out only after ten minutes or more.
        .filter(({ job }) => job !== undefined && !books.worldJobs.get(job)?.isUnlisted).length;
      if (queuedJobs(books, tenant.installationId, name) > leases - atWork) {
        yield `${tenant.installationId}/${name}`;
      }
    }
  }
}

function queuedJobs(books: Books, installationId: number, tier: string): number {
  return [...books.rows.jobs.values()].filter(
    (job) =>
      job.installationId === installationId &&
      job.tier === tier &&
      (job.state === 'waiting' || job.state === 'covered') &&
      !isResting(books, job) &&
      !isHeldByControllers(job) &&
      books.worldJobs.get(job.jobId)?.status === 'queued',
  ).length;
}
