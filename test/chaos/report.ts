/** What came of a run of chaos: as data for machines, and as a table for people. */
import { styleText } from 'node:util';
import { drawTable } from '../../lib/cli/table.ts';
import type { TroubleCounts } from './trouble.ts';

export interface TenantOutcome {
  readonly login: string;
  readonly jobs: number;
  readonly succeeded: number;
  /** Their machine was taken away while they ran; GitHub says so to the tenant. */
  readonly failed: number;
  readonly cancelled: number;
  readonly refused: number;
  readonly refusedBecause: readonly string[];
  readonly mostRunnersAtOnce: number;
  readonly limit: number;
}

/** Of the jobs that nobody cancelled or refused. */
export interface JobOutcomes {
  readonly ran: number;
  readonly succeeded: number;
  /** They failed because their spot machine was taken back. */
  readonly takenBack: number;
}

export interface ChaosReport {
  /** Of trouble. */
  readonly seconds: number;
  /** From the end of the trouble until nothing was left to do. */
  readonly restSeconds: number;
  readonly tenants: readonly TenantOutcome[];
  readonly jobs: JobOutcomes;
  readonly machines: number;
  readonly trouble: TroubleCounts & { readonly redelivered: number; readonly deadLettersSentBack: number };
  readonly invariantsBroken: readonly string[];
}

const head = ['tenant', 'jobs', 'succeeded', 'failed', 'cancelled', 'refused', 'most runners'];

export function renderChaosReport(report: ChaosReport): string {
  const { seconds, restSeconds, tenants, jobs, machines, trouble, invariantsBroken: broken } = report;
  const rows = tenants.map((tenant) => [
    tenant.login,
    String(tenant.jobs),
    String(tenant.succeeded),
    String(tenant.failed),
    String(tenant.cancelled),
    [tenant.refused, ...tenant.refusedBecause].join(' '),
    `${tenant.mostRunnersAtOnce} of ${tenant.limit}`,
  ]);
  return [
    drawTable(head, rows),
    '',
    `  ${jobs.succeeded} of ${jobs.ran} jobs that nobody cancelled or refused succeeded; ${jobs.takenBack} lost their spot machine`,
    `  ${seconds} s of trouble, ${restSeconds} s to come to rest, ${machines} machines`,
    `  ${trouble.functionsKilled} functions killed, ${trouble.awsCallsFailed} AWS calls failed, ` +
      `${trouble.writesInConflict} writes met a transaction, ` +
      `${trouble.spotMachinesTaken} spot machines taken back`,
    `  ${trouble.webhooksFailed} webhooks failed, ${trouble.redelivered} redelivered, ` +
      `${trouble.deadLettersSentBack} dead letters sent back`,
    '',
    broken.length === 0
      ? `  ${styleText('green', '✓')} every invariant held`
      : broken.map((line) => `  ${styleText('red', '✗')} ${line}`).join('\n'),
    '',
  ].join('\n');
}
