/** What `mayfly host status` prints for people: a line for each runner, then what is wrong. */
import { printableLine } from '../printable.ts';
import { drawTable } from '../table.ts';
import type { HostStatus } from './read-status.ts';

export function statusText({ place, group, mode, wanted, runners, problems }: HostStatus): string {
  const rows = runners.map(({ name, container, github, labels, lastActivity: last }) => [
    printableLine(name),
    container,
    github,
    printableLine(labels.join(',')),
    last,
  ]);
  return [
    `${place}${group ? `, group ${printableLine(group)}` : ''}: ${mode}, ${wanted} wanted`,
    ...(rows.length > 0
      ? [drawTable(['runner', 'container', 'GitHub', 'labels', 'last activity'], rows)]
      : []),
    ...(problems.length > 0 ? ['', '  Problems:', ...problems.map((one) => `  ${printableLine(one)}`)] : []),
    '',
  ].join('\n');
}
