/** The demo's result: one row for each tenant, as data and as a table. */
import { styleText } from 'node:util';
import { drawTable } from '../../cli/table.ts';
import type { JobRecord, Ledger } from './ledger.ts';

export interface DemoReport {
  readonly tenants: readonly TenantReport[];
  readonly machinesLeft: number;
  readonly invariantsBroken: readonly string[];
}

export interface TenantReport {
  readonly login: string;
  readonly jobs: number;
  readonly completed: number;
  readonly cancelled: number;
  readonly refused: number;
  /** How many jobs were seen waiting because a limit was reached. */
  readonly waited: number;
  readonly mostRunnersAtOnce: number;
  readonly limit: number;
  readonly queuedToStartedMs: { readonly p50: number; readonly p95: number };
}

/** @param seen from the jobs table: which jobs waited because of a limit */
export function makeReport(
  ledger: Ledger,
  seen: {
    waited: ReadonlySet<number>;
    machinesLeft: number;
    broken: readonly string[];
  },
): DemoReport {
  const tenants = [...ledger.accounts.values()].map(({ login, limit, mostRunnersAtOnce }) => {
    const own = [...ledger.jobs].filter(([, job]) => job.login === login);
    const count = (fits: (job: JobRecord, jobId: number) => boolean) =>
      own.filter(([jobId, job]) => fits(job, jobId)).length;
    const waits = own.flatMap(([, { queuedAt, startedAt }]) =>
      startedAt === undefined ? [] : [startedAt - queuedAt],
    );
    return {
      login,
      jobs: own.length,
      completed: count(({ conclusion }) => conclusion === 'success'),
      cancelled: count(({ conclusion }) => conclusion === 'cancelled'),
      refused: count((_job, jobId) => ledger.refused.has(jobId)),
      waited: count((_job, jobId) => seen.waited.has(jobId)),
      mostRunnersAtOnce,
      limit,
      queuedToStartedMs: { p50: percentile(waits, 50), p95: percentile(waits, 95) },
    };
  });
  return {
    tenants,
    machinesLeft: seen.machinesLeft,
    invariantsBroken: [...ledger.invariantsBroken, ...seen.broken],
  };
}

/** By the nearest-rank method; 0 without values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}

export function renderReport(report: DemoReport): string {
  const rows = report.tenants.map((tenant) => [
    tenant.login,
    String(tenant.jobs),
    String(tenant.completed),
    String(tenant.cancelled),
    String(tenant.refused),
    String(tenant.waited),
    `${tenant.mostRunnersAtOnce} of ${tenant.limit}`,
    `${tenant.queuedToStartedMs.p50} ms`,
    `${tenant.queuedToStartedMs.p95} ms`,
  ]);
  const head = [
    'tenant',
    'jobs',
    'completed',
    'cancelled',
    'refused',
    'waited',
    'most runners',
    'queued→started p50',
    'p95',
  ];
  const broken = report.invariantsBroken;
  return [
    drawTable(head, rows),
    '',
    `  machines left: ${report.machinesLeft}`,
    broken.length === 0
      ? `  ${styleText('green', '✓')} every invariant held`
      : broken.map((line) => `  ${styleText('red', '✗')} ${line}`).join('\n'),
    '',
  ].join('\n');
}
