/**
 * `mayfly host status`: each runner as this host and as GitHub see it, what it did last, and what is wrong. It only reads,
 * and its exit status is for cron.
 */
import { isHostLocked } from '../../adapters/host-files/host-lock.ts';
import type { HostConfig } from '../../host/config.ts';
import { refusalText } from '../../host/group.ts';
import { labelNames, nameStart, scopeName } from '../../host/runner.ts';
import type { ContainerEngine } from '../../ports/container-engine.ts';
import type { Report } from '../../ports/host-state.ts';
import { type CommandCall, jsonOption } from '../command.ts';
import { printableLine } from '../printable.ts';
import { drawTable } from '../table.ts';
import { type Host, hostCommand, openEngine, openHost, readConfig } from './open-host.ts';

export const hostStatus = hostCommand(
  {
    name: 'host status',
    summary: 'show the runners of this machine, as GitHub sees them too',
    details: `
Examples:
  mayfly host status           a line for each runner, then what is wrong
  mayfly host status --json    the same as JSON
`,
    exitOne: 'something is wrong; the lines under "Problems" say what',
    options: [jsonOption],
  },
  async (call) => {
    const host = openHost(call);
    const status = await readStatus(call, host, await readConfig(host));
    call.io.out(call.options['json'] ? `${JSON.stringify(status)}\n` : render(status));
    return status.problems.length > 0 ? 1 : 0;
  },
);

export interface HostStatus {
  readonly place: string;
  readonly group?: string;
  readonly mode: 'serving' | 'stopping' | 'stopped' | 'dead';
  readonly wanted: number;
  readonly runners: readonly RunnerStatus[];
  readonly problems: readonly string[];
}

export interface RunnerStatus {
  readonly name: string;
  readonly container: 'created' | 'running' | 'ended' | 'none';
  readonly github: 'busy' | 'online' | 'offline' | 'not registered' | 'unknown';
  readonly labels: readonly string[];
  /** The last of its lines that says what it does. */
  readonly lastActivity: string;
}

async function readStatus(call: CommandCall, host: Host, config: HostConfig): Promise<HostStatus> {
  const { state } = host;
  const engine = await openEngine(call, config);
  const hostId = await state.hostId();
  const [isSupervised, wish, report, records, containers, shown] = await Promise.all([
    isHostLocked(host.folder),
    state.wish(),
    state.report(),
    state.runners(),
    engine.list([labelNames.host, hostId]),
    host.githubFor(config).list(config.scope),
  ]);
  const registered = (shown.ok ? shown.value : []).filter(({ name }) =>
    name.startsWith(nameStart(config.namePrefix, hostId)),
  );
  const names = [...new Set([...records, ...containers, ...registered].map(({ name }) => name))].sort();
  const runners = await Promise.all(
    names.map(async (name): Promise<RunnerStatus> => {
      const container = containers.find((one) => one.name === name)?.state ?? 'none';
      const found = registered.find((one) => one.name === name);
      const seen = found?.busy ? 'busy' : found?.online ? 'online' : found ? 'offline' : 'not registered';
      return {
        name,
        container,
        github: shown.ok ? seen : 'unknown',
        labels: found?.labels ?? [],
        lastActivity: container === 'none' ? '' : await lastActivity(engine, name),
      };
    }),
  );
  const mode = isSupervised
    ? report?.mode === 'serve'
      ? 'serving'
      : 'stopping'
    : wish.mode === 'serve' && report
      ? 'dead'
      : 'stopped';
  const refused = shown.ok
    ? []
    : [`${scopeName(config.scope)} cannot be read: ${refusalText(shown.refusal)}`];
  const problems = [...refused, ...problemsOf({ mode, report, runners, wanted: config.runners })];
  const { group } = config;
  return {
    place: scopeName(config.scope),
    ...(group ? { group } : {}),
    mode,
    wanted: config.runners,
    runners,
    problems,
  };
}

function problemsOf(seen: {
  mode: HostStatus['mode'];
  report: Report | undefined;
  runners: readonly RunnerStatus[];
  wanted: number;
}): string[] {
  const { mode, report, runners, wanted } = seen;
  const problems: string[] = [];
  if (mode === 'dead')
    problems.push(
      'The supervisor has died. Start it again, which takes over what it left: npx mayfly host start',
    );
  if (report?.trouble !== undefined && mode !== 'stopped') problems.push(report.trouble);
  const running = runners.filter(({ container }) => container === 'running').length;
  if (mode === 'serving' && running < wanted) problems.push(`${running} of ${wanted} runners run.`);
  if (mode === 'stopped' && runners.length > 0)
    problems.push('Something is left of runners. Clean up: npx mayfly host stop');
  return problems;
}

/** As the runner program words it: Listening for Jobs, Running job, completed with result. */
async function lastActivity(engine: ContainerEngine, name: string): Promise<string> {
  const lines = (await engine.logs(name, 50)).split('\n');
  return printableLine(lines.findLast((line) => /listening|running job|completed/i.test(line)) ?? '').slice(
    0,
    60,
  );
}

function render({ place, group, mode, wanted, runners, problems }: HostStatus): string {
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
