/** Logs every repair in the same way: one event with its subject and its reason, and one count by its kind. */
import type { InstallationId, InstanceId, JobId, LaunchId, LeaseId } from '../../core/ids.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface Repair {
  readonly kind: RepairKind;
  readonly installationId?: InstallationId;
  readonly jobId?: JobId;
  readonly instanceId?: InstanceId;
  readonly launchId?: LaunchId;
  readonly lease?: LeaseId;
  readonly tier?: string;
  readonly repository?: string;
  readonly reason: string;
}

export type RepairKind =
  | 'webhook-redelivered'
  | 'job-adopted'
  | 'job-gone-closed'
  | 'job-of-dead-run-closed'
  | 'job-end-unheard'
  | 'job-start-unheard'
  | 'runner-taken-unreported'
  | 'lease-count-corrected'
  | 'spend-count-corrected'
  | 'machine-without-record-ended'
  | 'machine-without-launch-ended'
  | 'machine-ended-again'
  | 'machine-end-unheard'
  | 'launch-listed-again'
  | 'controller-scope-dropped'
  | 'registration-removed'
  | 'installation-asked';

export function logRepair(deps: { readonly telemetry: Telemetry }, repair: Repair): void {
  deps.telemetry.event('warn', 'repair', { ...repair }, { Repairs: 1 });
}
