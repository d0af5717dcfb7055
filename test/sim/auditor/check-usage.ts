/**
 * Compares the usage records with the world: no machine has two records or one before its end. Once its row has
 * closed it has one, for its tenant and for a job that GitHub ran on it, with a duration of its real life plus a
 * bounded time.
 */
import type { UsageRecord } from '../../../lib/core/usage.ts';
import { checkPrice } from './check-prices.ts';
import type { AuditedMachine, Ledger, Note } from './ledger.ts';

/**
 * Called as records are written, and as rows close. A record is checked as it is written, because later the world can
 * only excuse more. All are checked again each minute.
 */
export function checkUsage(ledger: Ledger, note: Note, { again }: { again: boolean }): void {
  const { usage, runners } = ledger.rows;
  const records = new Map<string, UsageRecord>();
  for (const record of usage.values()) {
    const { instanceId } = record;
    if (records.has(instanceId)) note('recorded-twice', `${instanceId} has two usage records`);
    records.set(instanceId, record);
    const machine = ledger.machines.get(instanceId);
    if (!machine || machine.live)
      note('recorded-alive', `${instanceId} has a usage record, but has not ended`);
    else if (again || !ledger.knownRecords.has(record)) {
      ledger.knownRecords.add(record);
      checkRecord(ledger, { record, machine }, note);
      checkPrice(ledger, record, machine, note);
    }
  }
  for (const { instanceId, state } of runners.values()) {
    if (state === 'ended' && !records.has(instanceId))
      note('not-recorded', `the lease of ${instanceId} was freed without a usage record`);
  }
}

/**
 * From the call to the machine's start. If a machine's row is made later and EC2 does not show the machine, it counts
 * from the plan.
 */
const earliestSeconds = 120;

function checkRecord(
  ledger: Ledger,
  { record, machine }: { record: UsageRecord; machine: AuditedMachine },
  note: Note,
): void {
  const { instanceId, installationId, tier, launchedAt, startedAt, endedAt, job } = record;
  if (installationId !== machine.tenant || tier !== machine.tier)
    note('recorded-for-another', `${instanceId} is recorded for ${installationId} ${tier}`);
  if (job && !machine.ranJobs.has(job.jobId))
    note('recorded-wrong-job', `${instanceId} is recorded with job ${job.jobId}, which it never ran`);
  const early = (machine.startedAt - startedAt) / 1000;
  const late = (endedAt - (machine.endedAt ?? 0)) / 1000;
  // If the answer to the first call was lost, the machine is assumed to have started with a later one.
  const isAskedAgain = (ledger.launchCalls.get(machine.launch) ?? 0) > 1;
  const isTooEarly = early > earliestSeconds && !isAskedAgain && startedAt !== launchedAt;
  // Clocks differ by two seconds.
  if ((early < -3 && !isAskedAgain) || isTooEarly || late < -3)
    note(
      'recorded-wrong-time',
      `${instanceId} is recorded from ${early} s before its start to ${late} s after its end`,
    );
}

/** At the end: if the platform was notified that a job ended on a machine, the machine's record names it. */
export function checkUsedJobs(ledger: Ledger, note: Note): void {
  for (const { instanceId, installationId, job } of ledger.rows.usage.values()) {
    const machine = ledger.machines.get(instanceId);
    const reported = [...(machine?.ranJobs ?? [])].filter((id) =>
      ledger.toldEnded.has(`${installationId}/${id} on ${instanceId}`),
    );
    if (reported.length > 0 && !job)
      note('recorded-idle', `${instanceId} ran job ${reported[0]}, but is recorded as idle`);
  }
}
