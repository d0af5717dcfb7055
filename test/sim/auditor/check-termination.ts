/**
 * The platform ends a machine only for a reason of its own tenant: no message about one tenant affects another's
 * machine, and a busy machine is left alone until a time limit is reached.
 */
import type { AuditedMachine, Ledger, Note } from './ledger.ts';

export function checkTermination(
  ledger: Ledger,
  ended: { machine: AuditedMachine; cause: readonly string[] },
  note: Note,
): void {
  const { machine, cause } = ended;
  const isSchedule = cause.includes('sweep') || cause.includes('reconcile');
  const named = cause.some((body) => body.includes(`"installationId":${machine.tenant},`));
  const drained = cause.some((body) => body.includes(`"installationId":${machine.tenant}}`));
  const byEc2 = cause.some((body) => body.includes(`"instance-id":"${machine.id}"`));
  if (!isSchedule && !named && !drained && !byEc2) {
    note('crosses-tenants', `${machine.id} of ${machine.tenant} was terminated for ${cause.join(' ')}`);
  }
  if (ledger.takenBack.has(machine.id)) return;
  if (machine.job === undefined || ledger.refused.has(machine.tenant)) return;
  const tenant = ledger.rows.tenants.get(machine.tenant as never);
  const { limits } = ledger.deployment;
  const age = (ledger.now() - machine.startedAt) / 1000;
  // A runner that confirms while the sweep handles its boot deadline may still be ended for it.
  const pastBoot = age - limits.bootSeconds;
  const isLateToListen = pastBoot >= -clockSeconds && pastBoot <= betweenSweepsSeconds + clockSeconds;
  const isOverdue = age >= limits.jobSeconds - clockSeconds || isLateToListen;
  if (tenant?.status !== 'deleted' && !isOverdue) {
    note(
      'working-machine-ended',
      `${machine.id} of ${machine.tenant} was terminated while it ran job ${machine.job}`,
    );
  }
}

/** Clocks differ by this much. */
const clockSeconds = 5;
const betweenSweepsSeconds = 60;
