/**
 * In a calm world a job that lost its machine to another job is served at once: each job that is queued on GitHub and
 * known here has a machine that is free or on its way, unless there is no room for one. Busy machines are counted by
 * the job that they really run, whatever the rows say.
 */

import { hasSharedRoom, isHeldByControllers, isJustRaised, isResting } from './check-waiting.ts';
import { type Ledger, limitInTier, type Note } from './ledger.ts';

/** A start is reported within seconds, and its consequences follow as quickly; a launch and an end take a few more. */
const longestSeconds = 60;

export function createServedCheck(ledger: Ledger, note: Note): () => void {
  const since = new Map<string, number>();
  return () => {
    const short = new Set(shortPlaces(ledger));
    for (const key of short) {
      if (!since.has(key)) since.set(key, ledger.now());
      const seconds = (ledger.now() - since.get(key)!) / 1000;
      if (seconds > longestSeconds)
        note(
          'jobs-without-machines',
          `${key} has had fewer machines than jobs for ${seconds} s, although there is room`,
        );
    }
    for (const key of since.keys()) if (!short.has(key)) since.delete(key);
  };
}

function* shortPlaces(ledger: Ledger): Iterable<string> {
  const live = ledger.live();
  for (const tenant of ledger.rows.tenants.values()) {
    if (tenant.status !== 'active' || tenant.predecessor !== undefined) continue;
    if (tenant.leases >= tenant.maxRunners || isJustRaised(ledger, tenant)) continue;
    for (const { name } of ledger.deployment.tiers) {
      const leases = tenant.tierLeases.get(name) ?? 0;
      if (leases >= limitInTier(ledger.deployment, tenant, name) || !hasSharedRoom(ledger, name)) continue;
      const atWork = live
        .filter((machine) => machine.tenant === tenant.installationId && machine.tier === name)
        // Without any event, the platform finds out only after ten minutes or more.
        .filter(({ job }) => job !== undefined && !ledger.worldJobs.get(job)?.isUnlisted).length;
      if (queuedJobs(ledger, tenant.installationId, name) > leases - atWork) {
        yield `${tenant.installationId}/${name}`;
      }
    }
  }
}

function queuedJobs(ledger: Ledger, installationId: number, tier: string): number {
  return [...ledger.rows.jobs.values()].filter(
    (job) =>
      job.installationId === installationId &&
      job.tier === tier &&
      (job.state === 'waiting' || job.state === 'covered') &&
      !isResting(ledger, job) &&
      !isHeldByControllers(job) &&
      ledger.worldJobs.get(job.jobId)?.status === 'queued',
  ).length;
}
