/**
 * The log line for a job that is over. If its machine ends because of that, one line reports both, because every
 * log byte costs money; otherwise, or if ending the machine fails, the line is about the job alone. It is written
 * once.
 */
import type { RunnerEndReason } from '../../core/runner.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface DoneFields {
  readonly installationId: number;
  readonly jobId: number;
  readonly instanceId: string | undefined;
  readonly tier: string;
  readonly outcome: string;
  readonly conclusion: string | undefined;
}

export interface DoneLine {
  /**
   * @param end of the machine that ran it
   * @returns false: it was written before
   */
  log(end?: { readonly reason: RunnerEndReason; readonly console?: string }): boolean;
}

export function createDoneLine(telemetry: Telemetry, fields: DoneFields): DoneLine {
  let isLogged = false;
  return {
    log(end) {
      if (isLogged) return false;
      isLogged = true;
      if (end) telemetry.event('info', 'job-done', { ...fields, ...end }, { JobsDone: 1, RunnersEnded: 1 });
      else telemetry.event('info', 'job-done', { ...fields }, { JobsDone: 1 });
      return true;
    },
  };
}
