/** The log line, and the count, of a job that the platform refuses; the laptop, metrics and alarms use it. */
import type { InstallationId, JobId, TierName } from '../../core/ids.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface RefusedJob {
  readonly installationId: InstallationId;
  readonly jobId: JobId;
  readonly tier?: TierName | 'none' | undefined;
  /** The code of the reason. */
  readonly reason: string;
  /** Where no tier has them. */
  readonly labels?: readonly string[];
}

export function logRefusedJob(
  { telemetry }: { readonly telemetry: Telemetry },
  refused: RefusedJob,
  level: 'info' | 'warn' = 'info',
): void {
  telemetry.event(level, 'job-refused', { ...refused }, { JobsRefused: 1 });
}
