/** One tenant's state as text: the settings, the machines, GitHub's view, the latest jobs, and the problems. */
import { durationText, timeBetween } from '../../core/duration-text.ts';
import { printableLine } from '../printable.ts';
import { drawTable } from '../table.ts';
import type { OneTenant } from './one-tenant.ts';

export function tenantStatusText(one: OneTenant, now: number): string {
  const { login, installationId, status, level, isFallback, group, leases, maxRunners, waiting } = one;
  const waits = Object.entries(waiting).map(([code, jobs]) => `${jobs} ${code}`);
  const where = `${level}${isFallback ? ' (fallback)' : ''}${level === 'organization' ? `, group ${group ?? 'Default'}` : ''}`;
  const head = [
    `${login}, installation ${installationId}: ${status}`,
    `runners in    ${where}`,
    `machines      ${leases} of ${maxRunners}`,
    `jobs waiting  ${waits.join(', ') || 'none'}`,
  ];
  return [
    ...head.map((line) => `  ${printableLine(line)}`),
    ...section('Machines', machines(one)),
    ...section('Runners on GitHub', runners(one)),
    ...section('Last jobs', lastJobs(one, now)),
    ...(one.problems.length > 0
      ? ['', '  Problems:', ...one.problems.map((problem) => `    ${printableLine(problem)}`)]
      : []),
    '',
  ].join('\n');
}

const section = (title: string, text: string) => ['', `  ${title}:`, text];

function machines({ machines: all }: OneTenant): string {
  if (all.length === 0) return '    none';
  const rows = all.map((machine) => [
    machine.instanceId,
    machine.instanceType,
    machine.tier ?? '',
    machine.ec2,
    machine.state ?? 'no row',
    durationText(machine.ageSeconds),
    machine.jobId === null ? '' : `${machine.jobId} ${machine.jobState ?? ''}`.trim(),
    machine.github ?? '',
  ]);
  return drawTable(['machine', 'type', 'tier', 'EC2', 'state', 'age', 'job', 'GitHub'], rows.map(printable));
}

function runners({ github, level, machines: running }: OneTenant): string {
  if (github === null) return '    not known';
  // GitHub lists runners by repository, and only those of running machines are known.
  if (level === 'repository' && running.length === 0) return '    not asked: no machine is running';
  if (github.length === 0) return '    none';
  const rows = github.map(({ name, status, labels }) => [name, status, labels.join(', ')]);
  return drawTable(['name', 'status', 'labels'], rows.map(printable));
}

function lastJobs({ lastJobs: jobs }: OneTenant, now: number): string {
  if (jobs.length === 0) return '    none';
  const rows = jobs.map(({ jobId, repository, what, at }) => [
    String(jobId),
    repository,
    what,
    `${timeBetween(at, now)} ago`,
  ]);
  return drawTable(['job', 'repository', 'state', 'since'], rows.map(printable));
}

const printable = (cells: readonly string[]) => cells.map(printableLine);
